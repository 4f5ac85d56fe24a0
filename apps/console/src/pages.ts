import type { Page, PaletteAct } from './shared/page-entry.ts'

type RoomPages = { readonly pages: readonly Page[]; readonly acts?: readonly PaletteAct[] }

/** Every room's pages. A room is added by its folder: none of them is named here, so none of them waits for another. */
const rooms = import.meta.glob<RoomPages>(['./*/pages.ts', '!./patient/pages.ts', '!./m/pages.ts'], { eager: true })

export const roomPages: readonly Page[] = Object.values(rooms).flatMap(({ pages }) => pages)

export const roomActs: readonly PaletteAct[] = Object.values(rooms).flatMap(({ acts = [] }) => acts)
