import { defineErrors } from '@bithive/kernel/errors'

/** What can go wrong with reports. Facts carry counts and reasons, never a value of a patient. */
export const reportErrors = defineErrors('reports', {
  'mixed-series': {
    status: 422,
    retryable: false,
    zh: { title: '图像不属于同一序列', notDone: '没有生成报告。', todo: '请报告此问题。' },
    en: {
      title: 'The images are not of one series',
      notDone: 'No report was made.',
      todo: 'Report this problem.',
    },
  },
  'foreign-image': {
    status: 422,
    retryable: false,
    zh: { title: '结果引用了其他图像', notDone: '没有生成报告。', todo: '请重新下单计算。' },
    en: {
      title: 'The result speaks of images that are not of this series',
      notDone: 'No report was made.',
      todo: 'Order the computation again.',
    },
  },
  'bad-mask': {
    status: 422,
    retryable: false,
    zh: { title: '分割掩膜与图像不符', notDone: '没有生成报告。', todo: '请重新下单计算。' },
    en: {
      title: 'A mask does not fit its image',
      notDone: 'No report was made.',
      todo: 'Order the computation again.',
    },
  },
  'no-geometry': {
    status: 422,
    retryable: false,
    zh: { title: '图像缺少空间位置信息', notDone: '没有生成分割对象。', todo: '请检查设备是否写入了位置与间距。' },
    en: {
      title: 'The images do not say where they lie',
      notDone: 'No segmentation was made.',
      todo: 'Check that the device writes positions and spacings.',
    },
  },
  unknown: {
    status: 404,
    retryable: false,
    zh: { title: '没有这份报告', notDone: '没有执行任何操作。', todo: '请从列表重新打开。' },
    en: { title: 'No such report', notDone: 'Nothing was done.', todo: 'Open it from the list again.' },
  },
  'not-ready': {
    status: 409,
    retryable: true,
    zh: { title: '报告正在归档', notDone: '没有可以显示的内容。', todo: '请稍后再试。' },
    en: { title: 'The report is being filed', notDone: 'There is nothing to show yet.', todo: 'Try again shortly.' },
  },
  'wrong-patient': {
    status: 422,
    retryable: false,
    zh: { title: '结果不属于这位患者或这次检查', notDone: '没有归档，也没有发送。', todo: '请报告此问题。' },
    en: {
      title: 'The result is not of this patient and study',
      notDone: 'Nothing was filed or sent.',
      todo: 'Report this problem.',
    },
  },
  'no-archive': {
    status: 409,
    retryable: false,
    zh: { title: '没有设置影像归档地址', notDone: '报告已归档，没有发送。', todo: '请设置 BITHIVE_PACS 后重试。' },
    en: {
      title: 'No archive is set',
      notDone: 'The report is filed here; it was not sent.',
      todo: 'Set BITHIVE_PACS, then send it again.',
    },
  },
  'unknown-finding': {
    status: 422,
    retryable: false,
    zh: { title: '报告中没有这一项发现', notDone: '判定没有保存。', todo: '请重新打开报告后再判定。' },
    en: {
      title: 'The report has no such finding',
      notDone: 'The judgement was not saved.',
      todo: 'Open the report again, then judge it.',
    },
  },
  'document-missing': {
    status: 500,
    retryable: false,
    zh: { title: '报告内容缺失或已损坏', notDone: '没有读出任何内容。', todo: '请从备份恢复，并报告此问题。' },
    en: {
      title: 'The content of the report is missing or damaged',
      notDone: 'Nothing was read.',
      todo: 'Restore it from a backup and report this problem.',
    },
  },
})
