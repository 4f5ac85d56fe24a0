/** Decoders for the defined terms of Specific Character Set (0008,0005), PS3.3 section C.12.1.1.2. */
const DECODERS: Readonly<Record<string, string>> = {
  '': 'windows-1252',
  'ISO_IR 6': 'windows-1252',
  'ISO_IR 100': 'windows-1252',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
}

/** Escapes that shift a multi-byte set in (PS3.5 section 6.1.2.5): the bytes after it, and who decodes them. */
const ESCAPES: readonly { readonly bytes: readonly number[]; readonly decoder: string; readonly keep: boolean }[] = [
  { bytes: [0x1b, 0x24, 0x29, 0x41], decoder: 'gbk', keep: false },
  { bytes: [0x1b, 0x24, 0x29, 0x43], decoder: 'euc-kr', keep: false },
  { bytes: [0x1b, 0x24, 0x42], decoder: 'iso-2022-jp', keep: true },
]

function find(bytes: Uint8Array, part: readonly number[]): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(Buffer.from(part)) >= 0
}

function withoutEscapes(bytes: Uint8Array): Uint8Array {
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0x1b) out.push(bytes[i] as number)
    else i += bytes[i + 1] === 0x24 && (bytes[i + 2] === 0x29 || bytes[i + 2] === 0x28) ? 3 : 2
  }
  return Uint8Array.from(out)
}

/**
 * Decodes a text value by the file's character set; bytes that do not fit become the replacement character.
 * @param characterSet the raw value of (0008,0005), backslashes included; '' when absent
 */
export function decodeText(bytes: Uint8Array, characterSet: string): string {
  const shift = bytes.includes(0x1b) ? ESCAPES.find((e) => find(bytes, e.bytes)) : undefined
  if (shift) return clean(new TextDecoder(shift.decoder).decode(shift.keep ? bytes : withoutEscapes(bytes)))
  const first = (characterSet.split('\\')[0] ?? '').trim().replace('ISO 2022 IR', 'ISO_IR')
  return clean(new TextDecoder(DECODERS[first] ?? 'windows-1252').decode(bytes))
}

function clean(text: string): string {
  return text.replace(/[\0 ]+$/, '').trimStart()
}
