import {
  AuditOutlined,
  BankOutlined,
  GiftOutlined,
  LineChartOutlined,
  PieChartOutlined,
  SearchOutlined,
} from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

/** The network's own people at the hub; the server decides again. */
const runsNetwork = (session: Session) =>
  session.service === 'hub' &&
  (hasRole(session, 'operator') || (session.organisation.kind === 'operator' && hasRole(session, 'finance', 'auditor')))
const seesMoney = (session: Session) => hasRole(session, 'finance', 'admin', 'auditor', 'operator')
const atHub = (session: Session) => session.service === 'hub'
const isSupporter = (session: Session) => atHub(session) && hasRole(session, 'finance', 'admin', 'auditor')
const addsMoney = (session: Session) =>
  session.service === 'site'
    ? hasRole(session, 'finance', 'admin')
    : atHub(session) && hasRole(session, 'finance', 'admin')

export const pages: readonly Page[] = [
  {
    path: '/treasury/rates',
    title: { zh: '汇率与兑换', en: 'Rates and conversion' },
    icon: LineChartOutlined,
    for: seesMoney,
    nav: { order: 120, group: 'money' },
    load: async () => ({ Page: (await import('./rates-page.tsx')).RatesPage }),
  },
  {
    path: '/treasury/add-money',
    title: { zh: '充值', en: 'Add money' },
    icon: BankOutlined,
    for: (session) => addsMoney(session) && !runsNetwork(session),
    nav: { order: 110, group: 'money' },
    load: async () => ({ Page: (await import('./add-money-page.tsx')).AddMoneyPage }),
  },
  {
    path: '/treasury/grants',
    title: { zh: '我的授予', en: 'My grants' },
    icon: GiftOutlined,
    for: (session) => isSupporter(session) && !runsNetwork(session),
    nav: { order: 130, group: 'money' },
    load: async () => ({ Page: (await import('./grants-page.tsx')).OwnGrantsPage }),
  },
  {
    path: '/treasury/grants/$grantId',
    title: { zh: '授予', en: 'Grant' },
    for: atHub,
    load: async () => ({ Page: (await import('./grant-page.tsx')).GrantPage }),
  },
  {
    path: '/treasury/supply',
    title: { zh: 'BTT 供应', en: 'BTT supply' },
    icon: PieChartOutlined,
    for: atHub,
    nav: { order: 140, group: 'money' },
    load: async () => ({ Page: (await import('./supply-page.tsx')).SupplyPage }),
  },
  {
    path: '/treasury/bank',
    title: { zh: '银行入账', en: 'Bank and deposits' },
    icon: BankOutlined,
    for: runsNetwork,
    nav: { order: 150, group: 'money' },
    load: async () => ({ Page: (await import('./bank-page.tsx')).BankPage }),
  },
  {
    path: '/treasury/all-grants',
    title: { zh: '授予', en: 'Grants' },
    icon: GiftOutlined,
    for: runsNetwork,
    nav: { order: 155, group: 'money' },
    load: async () => ({ Page: (await import('./grants-page.tsx')).AllGrantsPage }),
  },
  {
    path: '/treasury/proposals',
    title: { zh: '两人决定', en: 'Decisions of two' },
    icon: AuditOutlined,
    for: runsNetwork,
    nav: { order: 160, group: 'money' },
    load: async () => ({ Page: (await import('./proposals-page.tsx')).ProposalsPage }),
  },
  {
    path: '/treasury/ledger',
    title: { zh: '账本台', en: 'Ledger desk' },
    icon: SearchOutlined,
    for: runsNetwork,
    nav: { order: 170, group: 'money' },
    load: async () => ({ Page: (await import('./ledger-page.tsx')).LedgerPage }),
  },
]
