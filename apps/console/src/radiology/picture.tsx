import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ApiProblem, callRaw } from '../shared/call.ts'
import { useTexts } from '../shared/texts.ts'
import { radiologyTexts } from './texts.ts'

async function readPicture(path: string, signal: AbortSignal): Promise<Blob> {
  const answer = await callRaw(path, { signal, headers: { accept: 'image/png' } })
  return answer.blob()
}

/** A picture that the server draws; where it cannot, words say so in its place. */
export function Picture({ path, alt }: { readonly path: string; readonly alt: string }) {
  const t = useTexts(radiologyTexts)
  const { data, error } = useQuery({
    queryKey: ['studies', 'picture', path],
    queryFn: ({ signal }) => readPicture(path, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    if (!data) return
    const made = URL.createObjectURL(data)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [data])
  if (error) {
    const facts = error instanceof ApiProblem ? error.problem.facts : {}
    const syntax = typeof facts.transferSyntax === 'string' ? facts.transferSyntax : undefined
    return (
      <span className="rad-no-picture">
        {t('notRenderable')}
        {syntax && <code>{syntax}</code>}
      </span>
    )
  }
  return url ? <img src={url} alt={alt} /> : <span className="rad-no-picture" aria-hidden="true" />
}
