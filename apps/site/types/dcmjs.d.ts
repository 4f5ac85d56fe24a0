/** dcmjs ships no types: only what this product uses is declared. */
declare module 'dcmjs' {
  type DictionaryEntry = { readonly tag: string; readonly vr: string; readonly name: string }
  type Dcmjs = {
    readonly log: { setLevel: (level: string) => void }
    readonly data: {
      readonly DicomMetaDictionary: {
        readonly dictionary: Readonly<Record<string, DictionaryEntry | undefined>>
        readonly nameMap: Readonly<Record<string, DictionaryEntry | undefined>>
      }
    }
  }
  const dcmjs: Dcmjs
  // biome-ignore lint/style/noDefaultExport: the package exports itself this way.
  export default dcmjs
}
