import type { LocalText } from '@bithive/api/workload'

export type ReportState = 'filing' | 'preliminary' | 'erased'
export type DeliveryState = 'queued' | 'sent' | 'refused' | 'unreachable' | 'unknown' | 'withdrawn'

type Entry<S extends string> = { readonly next: readonly S[]; readonly text: LocalText }

export const REPORT_LIFECYCLE: Readonly<Record<ReportState, Entry<ReportState>>> = {
  filing: { next: ['preliminary', 'erased'], text: { zh: '正在归档', en: 'Being filed' } },
  preliminary: { next: ['erased'], text: { zh: '初步报告，未经医师审核', en: 'Preliminary, not verified' } },
  erased: { next: [], text: { zh: '已按要求删除', en: 'Erased' } },
}

/**
 * States of one document on its way to the archive. `unknown` (sent, and the answer never came) is tried again like
 * `unreachable`: the document has the same SOP Instance UID each time, so the archive keeps one.
 */
export const DELIVERY_LIFECYCLE: Readonly<Record<DeliveryState, Entry<DeliveryState> & { readonly retry: boolean }>> = {
  queued: {
    next: ['sent', 'refused', 'unreachable', 'unknown', 'withdrawn'],
    retry: true,
    text: { zh: '等待发送', en: 'Waiting to be sent' },
  },
  unreachable: {
    next: ['queued', 'sent', 'refused', 'unreachable', 'unknown', 'withdrawn'],
    retry: true,
    text: { zh: '归档系统无法连接，会自动重试', en: 'The archive cannot be reached, it is tried again' },
  },
  unknown: {
    next: ['queued', 'sent', 'refused', 'unreachable', 'unknown', 'withdrawn'],
    retry: true,
    text: { zh: '已发送，未收到答复，会再次确认', en: 'Sent without an answer, it is sent again' },
  },
  refused: { next: ['queued', 'withdrawn'], retry: false, text: { zh: '归档系统拒收', en: 'Refused by the archive' } },
  sent: { next: ['queued'], retry: false, text: { zh: '已送达', en: 'Delivered' } },
  withdrawn: { next: [], retry: false, text: { zh: '已撤回', en: 'Withdrawn' } },
}

/** Before the n-th retry: 1 s doubled, at most ten minutes. It never gives up: no report is lost to a long outage. */
export const deliveryPauseMs = (attempts: number): number => Math.min(600_000, 1_000 * 2 ** Math.min(attempts - 1, 20))
