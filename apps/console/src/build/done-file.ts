/** Written last: a folder without it is a build that did not end. */
export const DONE_FILE = 'built.json'
