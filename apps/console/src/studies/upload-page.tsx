import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button, Progress } from 'antd'
import { type DragEvent, useRef, useState } from 'react'
import { formatBytes } from '../shared/format.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { type Refusal, storeFile } from './store-file.ts'
import './studies.css'
import { studyTexts } from './texts.ts'

const MOST_FILES = 2_000
/** Files on their way at once: the site syncs each to disk before it answers. */
const LANES = 3
/** Rows shown; the counts above speak of all. */
const SHOWN = 100

type State = 'waiting' | 'sending' | 'stored' | 'refused'
type Item = { readonly key: number; readonly file: File; readonly state: State; readonly why?: Refusal }

const TONES: Readonly<Record<State, Tone>> = { waiting: 'off', sending: 'run', stored: 'ok', refused: 'bad' }

/** Sends files one by one over a few lanes, and keeps what became of each. */
function useUploads() {
  const queries = useQueryClient()
  const [items, setItems] = useState<readonly Item[]>([])
  const [error, setError] = useState<unknown>(undefined)
  const waiting = useRef<Item[]>([])
  const running = useRef(0)
  const next = useRef(0)
  const mark = (key: number, change: Partial<Item>) =>
    setItems((all) => all.map((item) => (item.key === key ? { ...item, ...change } : item)))

  const lane = async () => {
    running.current += 1
    try {
      for (let item = waiting.current.shift(); item; item = waiting.current.shift()) {
        const { key, file } = item
        mark(key, { state: 'sending' })
        const why = await storeFile(file, new AbortController().signal).catch((failure: unknown) => {
          mark(key, { state: 'waiting' })
          throw failure
        })
        mark(key, why ? { state: 'refused', why } : { state: 'stored' })
      }
    } catch (failure) {
      // What one file met every file would meet: nobody signed in, no right to store. The rest waits for another try.
      waiting.current.length = 0
      setError(failure)
    } finally {
      running.current -= 1
      if (running.current === 0) void queries.invalidateQueries({ queryKey: ['studies'] })
    }
  }
  const start = (added: readonly Item[]) => {
    setError(undefined)
    waiting.current.push(...added)
    while (running.current < LANES && running.current < waiting.current.length + running.current) {
      if (waiting.current.length === 0) break
      void lane()
    }
  }
  const add = (files: readonly File[]) => {
    const room = MOST_FILES - items.length
    const added = files.slice(0, room).map((file): Item => ({ key: next.current++, file, state: 'waiting' }))
    setItems((all) => [...all, ...added])
    start(added)
    return files.length <= room
  }
  const again = () => {
    const failed = items.filter(({ state }) => state !== 'stored').map((item): Item => ({ ...item, state: 'waiting' }))
    setItems((all) => all.map((item) => failed.find(({ key }) => key === item.key) ?? item))
    start(failed)
  }
  return { items, error, add, again }
}

function UploadList({ items }: { readonly items: readonly Item[] }) {
  const t = useTexts(studyTexts)
  // What needs a look stands first: a refused file among two thousand must not be searched for.
  const order: readonly State[] = ['refused', 'sending', 'waiting', 'stored']
  const shown = [...items].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, SHOWN)
  return (
    <ul className="studies-files">
      {shown.map(({ key, file, state, why }) => (
        <li key={key}>
          <span dir="auto">
            {file.name} <span className="bh-small">{formatBytes(file.size)}</span>
          </span>
          <span>
            <StatusTag tone={TONES[state]} waiting={state === 'waiting'}>
              {t(state)}
            </StatusTag>{' '}
            {why && t(why)}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Uploads DICOM files from this computer to the hospital's own site. */
export function UploadPage() {
  const t = useTexts(studyTexts)
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  const { items, error, add, again } = useUploads()
  const [over, setOver] = useState(false)
  const [tooMany, setTooMany] = useState(false)
  const take = (files: FileList | null) => files && setTooMany(!add([...files]))
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files)
  }
  const count = (state: State) => items.filter((item) => item.state === state).length
  const [stored, refused] = [count('stored'), count('refused')]
  const done = stored + refused
  return (
    <Page title={t('upload')} docs="imaging">
      <section
        className="studies-drop"
        data-over={over}
        aria-label={t('drop')}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>{t('drop')}</p>
        <p className="bh-small">{t('dropNote')}</p>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label={t('choose')}
          onChange={(event) => {
            take(event.target.files)
            event.target.value = ''
          }}
        />
        <Button type="primary" onClick={() => input.current?.click()}>
          {t('choose')}
        </Button>
      </section>
      {tooMany && <p role="alert">{t('tooMany')}</p>}
      {error !== undefined && <Problem error={error} onRetry={again} />}
      {items.length > 0 && (
        <Panel title={t('progress', { done, total: items.length })}>
          <div className="bh-stack">
            <Progress
              percent={Math.round((done / items.length) * 100)}
              showInfo={false}
              aria-label={t('progress', { done, total: items.length })}
            />
            <p role="status">{done === items.length ? t('summary', { stored, refused }) : ''}</p>
            <div className="bh-row">
              {stored > 0 && <Button onClick={() => void navigate({ to: '/studies' })}>{t('openStudies')}</Button>}
              {refused > 0 && done === items.length && <Button onClick={again}>{t('retryFailed')}</Button>}
            </div>
            <UploadList items={items} />
          </div>
        </Panel>
      )}
    </Page>
  )
}
