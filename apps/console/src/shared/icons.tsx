import type { ReactNode } from 'react'

/** Our own few icons: the patient's app shares them and must not load a library for ten drawings. */
export function Icon(props: { readonly children: ReactNode; readonly fill?: boolean; readonly box?: 16 | 24 }) {
  const { children, fill = false, box = 16 } = props
  return (
    <svg
      className="bh-icon"
      viewBox={`0 0 ${box} ${box}`}
      width="1em"
      height="1em"
      fill={fill ? 'currentColor' : 'none'}
      stroke={fill ? 'none' : 'currentColor'}
      strokeWidth={box === 16 ? 1.5 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  )
}

export const CheckIcon = () => (
  <Icon>
    <path d="m3 8.5 3.2 3.2L13 4.8" />
  </Icon>
)
export const CopyIcon = () => (
  <Icon>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
  </Icon>
)
export const OkIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.2" />
    <path d="m5.2 8.2 2 2 3.6-4" />
  </Icon>
)
export const RunIcon = () => (
  <Icon>
    <path d="M13.6 7A5.8 5.8 0 0 0 3.3 4.6M2.4 9A5.8 5.8 0 0 0 12.7 11.4" />
    <path d="M3.2 1.800v2.900h2.900M12.8 14.200v-2.900H9.9" />
  </Icon>
)
export const TodoIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.2" />
    <path d="M8 4.600v4.200M8 11.300v.1" />
  </Icon>
)
export const BadIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.2" />
    <path d="m5.7 5.7 4.6 4.600m0-4.6-4.6 4.6" />
  </Icon>
)
export const UnknownIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.2" />
    <path d="M6.2 6.300a1.9 1.9 0 1 1 2.7 1.700c-.6.3-.9.6-.9 1.200M8 11.600v.1" />
  </Icon>
)
export const OffIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.2" />
    <path d="M5 8h6" />
  </Icon>
)
export const ClockIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.2" />
    <path d="M8 4.500V8l2.3 1.5" />
  </Icon>
)
export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.3" />
    <path d="m10.3 10.3 3.4 3.4" />
  </Icon>
)
export const ChevronIcon = () => (
  <Icon>
    <path d="m4 6 4 4 4-4" />
  </Icon>
)
/** Stage, proof, why and verified party are hexagons; nothing else is. */
export const HexagonIcon = ({ children }: { readonly children?: ReactNode }) => (
  <Icon>
    <path d="M8 1.4 13.7 4.700v6.600L8 14.600l-5.7-3.300V4.700Z" />
    {children}
  </Icon>
)
