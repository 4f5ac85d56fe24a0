import { defineTexts } from '../shared/texts.ts'

/** What a node says that it does now, as the analyses of the product name it. A name not known here is not shown. */
export const partTexts = defineTexts({
  zh: {
    threshold: '按灰度分割',
    'outside-air': '去除体外空气',
    components: '查找相连区域',
    measure: '测量',
    erode: '分开相邻组织',
    grow: '扩展区域',
    dilate: '恢复边界',
    close: '填补空隙',
  },
  en: {
    threshold: 'separating by grey value',
    'outside-air': 'removing air outside the body',
    components: 'finding connected regions',
    measure: 'measuring',
    erode: 'parting tissue that touches',
    grow: 'growing the region',
    dilate: 'restoring the border',
    close: 'closing gaps',
  },
})

export const isKnownPart = (stage: string): stage is keyof typeof partTexts.zh => stage in partTexts.zh
