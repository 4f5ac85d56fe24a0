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
})
