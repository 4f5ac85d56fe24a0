/**
 * What a terminal may be given: names come from other organisations, and a control sequence or a turn of the writing
 * direction in one could rewrite the screen. Line ends and tabs stay.
 */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
}
