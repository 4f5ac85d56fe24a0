import { join, relative } from 'node:path'
import type { HouseFacts } from '@bithive/api/house'

/** Who can sign in to a sample, for its sign-in page. Their password is in a file of this machine. */
export function sampleSignIn(directory: string): NonNullable<HouseFacts['sampleSignIn']> {
  const file = join(directory, 'sample', 'password')
  const near = relative(process.cwd(), file)
  return {
    passwordFile: near.startsWith('..') ? file : near,
    people: [
      {
        login: 'radiologist@sample.invalid',
        service: 'site',
        who: { zh: '放射科医生，也管理医院和财务', en: 'radiologist, also hospital administration and finance' },
      },
      {
        login: 'privacy@sample.invalid',
        service: 'site',
        who: { zh: '隐私专员与登记员', en: 'privacy officer and registrar' },
      },
      {
        login: 'patient@sample.invalid',
        service: 'site',
        phone: true,
        who: { zh: '患者（手机页面）', en: 'patient (pages for phones)' },
      },
      { login: 'operator@sample.invalid', service: 'hub', who: { zh: '网络运营者', en: 'network operator' } },
      {
        login: 'operator2@sample.invalid',
        service: 'hub',
        who: { zh: '第二位运营者（复核）', en: 'second operator (second approval)' },
      },
      {
        login: 'linxiao@sample.invalid',
        service: 'hub',
        who: { zh: '家庭节点贡献者', en: 'contributor with a home node' },
      },
      { login: 'author@sample.invalid', service: 'hub', who: { zh: '模型作者', en: 'model author' } },
    ],
  }
}
