import { callRaw } from '../shared/call.ts'

/** Saves the original file of an image, as it is stored. The server records it as a copy. */
export async function downloadImage(instancePath: string, name: string): Promise<void> {
  const answer = await callRaw(instancePath, { headers: { accept: 'application/dicom; transfer-syntax=*' } })
  const url = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.dcm`
  link.click()
  URL.revokeObjectURL(url)
}
