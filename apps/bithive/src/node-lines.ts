import type { Locale } from '@bithive/kernel/errors'
import type { NodeEvent } from '@bithive/node'
import { wordOf } from './command/words.ts'

/** What a node does, for the person who lends it. Undefined: nothing that a person needs. */
export function nodeLine(event: NodeEvent, locale: Locale): string | undefined {
  const zh = locale === 'zh'
  switch (event.event) {
    case 'started':
      return event.statement[locale]
    case 'joined':
      return zh ? `已加入网络：${event.nodeId}` : `joined the network as ${event.nodeId}`
    case 'ready':
      return zh ? `已连接，等待任务：${event.nodeId}` : `connected, waiting for work: ${event.nodeId}`
    case 'disconnected':
      return zh ? '与枢纽断开，正在重新连接' : 'the hub is gone, connecting again'
    case 'job': {
      const code = event.code === undefined ? '' : ` (${event.code})`
      return `${wordOf(event.state, locale)}${zh ? '：' : ': '}${event.workload} ${event.jobId}${code}`
    }
    case 'wiped':
      return zh
        ? `临时文件已清除：${event.files} 个，剩余 ${event.left} 个`
        : `scratch wiped: ${event.files} files, ${event.left} left`
    case 'settled':
      return zh ? `收到报酬 ${event.amount} ${event.asset}` : `earned ${event.amount} ${event.asset}`
    case 'draining':
      return zh ? '不再接新任务，做完手上的后离线' : 'taking no new work'
    case 'stopped':
      return zh ? '已停止' : 'stopped'
    case 'failed':
      return `${event[locale]} (${event.code})`
  }
}
