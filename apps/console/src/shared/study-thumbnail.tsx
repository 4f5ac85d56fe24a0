import type { StudyView } from '@bithive/api/studies'
import { useState } from 'react'
import './study-thumbnail.css'
import { modalitiesOf } from './use-studies.ts'

/** A small picture of a study, or its kinds of image in letters when there is none. It names nobody. */
export function StudyThumbnail({ study }: { readonly study: Pick<StudyView, 'series' | 'thumbnailUrl'> }) {
  const [failed, setFailed] = useState(false)
  const { thumbnailUrl } = study
  if (!thumbnailUrl || failed) {
    return (
      <span className="bh-study-tile" aria-hidden="true">
        {modalitiesOf(study) || '—'}
      </span>
    )
  }
  return (
    <img
      className="bh-study-tile"
      src={thumbnailUrl}
      alt=""
      loading="lazy"
      width={64}
      height={64}
      onError={() => setFailed(true)}
    />
  )
}
