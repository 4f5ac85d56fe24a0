import { useQuery } from '@tanstack/react-query'
import { Drawer } from 'antd'
import { callRaw } from './call.ts'
import { Loading } from './loading.tsx'
import { Markdown } from './markdown.tsx'
import { Problem } from './problem.tsx'
import { defineTexts, useLocale, useTexts } from './texts.ts'

const texts = defineTexts({ zh: { title: '说明' }, en: { title: 'Guide' } })

/** The guide of a room, in the reader's language, beside the page it explains. */
export function DocsDrawer({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const t = useTexts(texts)
  const locale = useLocale()
  const file = `/docs/${name}${locale === 'zh' ? '.zh-CN' : ''}.md`
  const { data, error, refetch } = useQuery({
    queryKey: ['docs', file],
    queryFn: async ({ signal }) =>
      (await callRaw(file, { signal, signIn: false, headers: { accept: 'text/*' } })).text(),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Drawer open title={t('title')} onClose={onClose} size={560}>
      {data !== undefined ? (
        <Markdown text={data} />
      ) : error ? (
        <Problem error={error} onRetry={refetch} />
      ) : (
        <Loading />
      )}
    </Drawer>
  )
}
