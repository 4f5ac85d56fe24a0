export type JoinForm = 'posix' | 'powershell'

/**
 * The command that joins this machine, to be run inside a clone of the repository after `npm ci`. A token is base64url
 * and an address has no quote in it, so neither needs quoting; the machine's own name does.
 */
export function joinCommand(form: JoinForm, hubUrl: string, token: string): string {
  const name = form === 'posix' ? '"$(hostname)"' : '"$env:COMPUTERNAME"'
  // PowerShell's own script for npm swallows the two dashes; npm.cmd does not.
  const npm = form === 'posix' ? 'npm' : 'npm.cmd'
  return `${npm} run -s bithive -- node join ${hubUrl} --token ${token} --name ${name}`
}

/** Plain http reaches this machine alone, so a node elsewhere needs another address. */
export const isThisMachineOnly = (hubUrl: string): boolean => hubUrl.startsWith('http:')
