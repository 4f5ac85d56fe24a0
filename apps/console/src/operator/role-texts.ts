import { defineTexts } from '../shared/texts.ts'

/** What each role is called, at the hospital and at the network. */
export const roleTexts = defineTexts({
  zh: {
    admin: '管理员',
    operator: '网络运营者',
    auditor: '审计员',
    finance: '财务',
    orderer: '下单',
    author: '模型作者',
    'node-operator': '节点管理',
    clinician: '医生',
    radiologist: '放射科医生',
    technician: '技师',
    registrar: '登记员',
    'privacy-officer': '隐私官',
    patient: '患者',
  },
  en: {
    admin: 'administrator',
    operator: 'network operator',
    auditor: 'auditor',
    finance: 'finance',
    orderer: 'orderer',
    author: 'model author',
    'node-operator': 'node operator',
    clinician: 'clinician',
    radiologist: 'radiologist',
    technician: 'technician',
    registrar: 'registrar',
    'privacy-officer': 'privacy officer',
    patient: 'patient',
  },
})

export type Role = keyof typeof roleTexts.zh

export const SITE_INVITED: readonly Role[] = [
  'clinician',
  'radiologist',
  'technician',
  'registrar',
  'privacy-officer',
  'admin',
  'auditor',
  'finance',
  'node-operator',
]
export const HUB_INVITED: readonly Role[] = ['admin', 'orderer', 'node-operator', 'author', 'finance', 'auditor']

export const isRole = (role: string): role is Role => role in roleTexts.zh
