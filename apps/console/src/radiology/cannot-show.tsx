import { useState } from 'react'
import { ApiProblem } from '../shared/call.ts'
import { BadIcon } from '../shared/icons.tsx'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { downloadImage } from './download-image.ts'
import type { Slice } from './read-metadata.ts'
import { radiologyTexts } from './texts.ts'

const NOT_SHOWN = new Set(['imaging.not-decodable', 'imaging.pixels-damaged', 'imaging.not-renderable'])

/** In place of an image that cannot be drawn: what it is, why, and the file itself. */
export function CannotShow({ error, slice }: { readonly error: unknown; readonly slice: Slice | undefined }) {
  const t = useTexts(radiologyTexts)
  const [failure, setFailure] = useState<unknown>()
  const problem = error instanceof ApiProblem ? error.problem : undefined
  if (!problem || !NOT_SHOWN.has(problem.code)) {
    return (
      <div className="rad-cannot">
        <Problem error={error} />
      </div>
    )
  }
  const syntax = typeof problem.facts.transferSyntax === 'string' ? problem.facts.transferSyntax : slice?.transferSyntax
  return (
    <div className="rad-cannot" role="alert">
      <BadIcon />
      <h2>{t('cannotShow')}</h2>
      <p>{problem.code === 'imaging.pixels-damaged' ? t('damaged') : t('cannotShowWhy', { syntax: syntax ?? '?' })}</p>
      <p className="bh-small">
        <code>{problem.code}</code>
      </p>
      {slice && (
        <button
          type="button"
          className="bh-button"
          onClick={() => void downloadImage(slice.instancePath, slice.sopInstanceUid).catch(setFailure)}
        >
          {t('download')}
        </button>
      )}
      {failure !== undefined && <Problem error={failure} />}
    </div>
  )
}
