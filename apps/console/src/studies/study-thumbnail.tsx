import type { StudyView } from '@bithive/api/studies'
import { useState } from 'react'
import './studies.css'
import { modalitiesOf } from './use-studies.ts'

/** A small picture of a study, or its kinds of image in letters when there is none. It names nobody. */
export function StudyThumbnail({ study }: { readonly study: Pick<StudyView, 'series' | 'thumbnailUrl'> }) {
  const [failed, setFailed] = useState(false)
  const { thumbnailUrl } = study
  if (!thumbnailUrl || failed) {
    return (
      <span className="studies-tile" aria-hidden="true">
        {modalitiesOf(study) || '—'}
      </span>
    )
  }
  return (
    <img
      className="studies-tile"
      src={thumbnailUrl}
      alt=""
      loading="lazy"
      width={64}
      height={64}
      onError={() => setFailed(true)}
    />
  )
}
