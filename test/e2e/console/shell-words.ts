import type { Page } from 'playwright-core'

/** What tests look for on the shell's pages, by language. */
export const WORDS = {
  zh: {
    title: '登录 BitHive',
    login: '账号',
    password: '密码',
    signIn: '登录',
    passkey: '用通行密钥登录',
    hub: '网络账号',
    wrong: '账号或密码不对',
    notDone: '没有登录。',
    missing: '请填写账号和密码。',
    noPage: '没有这个页面',
    account: '我的账号',
    lost: '与服务器的连接断开了',
  },
  en: {
    title: 'Sign in to BitHive',
    login: 'Login',
    password: 'Password',
    signIn: 'Sign in',
    passkey: 'Sign in with a passkey',
    hub: 'Network account',
    wrong: 'The login or the password is wrong',
    notDone: 'You are not signed in.',
    missing: 'Enter your login and password.',
    noPage: 'There is no such page',
    account: 'My account',
    lost: 'The connection to the server is lost',
  },
} as const

export const field = (page: Page, label: string) => page.getByLabel(label, { exact: true })

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** The page is there, not only the frame that waits for it. */
export async function arrived(page: Page): Promise<void> {
  await page.getByRole('navigation').waitFor()
  await page.locator('main h1').waitFor()
}
