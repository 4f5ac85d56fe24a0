import type { WorkloadCard } from '@bithive/api/workload'

export const lungDensityCard: WorkloadCard = {
  id: 'imaging.ct.lung-density',
  version: '1.0.0',
  title: { zh: 'CT 肺密度', en: 'CT lung density' },
  intendedUse: {
    zh: '研究用途：在一组轴位胸部 CT 上测量肺面积或容积、平均肺密度、LAA-950 与 Perc15。不用于诊断。',
    en: 'Research: lung area or volume, mean density, LAA-950 and Perc15 on axial chest CT. Not for diagnosis.',
  },
  source:
    'LAA-950: Gevenois et al., Am J Respir Crit Care Med 1996;154:187-192. ' +
    'Perc15: Dirksen et al., Am J Respir Crit Care Med 1999;160:1468-1472. Segmentation by threshold and components.',
  limits: {
    zh:
      '仅凭阈值分割：相连的两肺合为一段，大气道与肠气可能计入，实变和胸膜旁病灶会遗漏。' +
      '对比剂、呼气、层厚和重建核都会改变数值；单层结果只是演示。仅在一幅真实 CT 图像上核对过。',
    en:
      'Threshold only: lungs that touch become one segment, large airways and bowel gas may be counted, ' +
      'consolidation is missed. Contrast, expiration, slice thickness and kernel shift the figures; ' +
      'one slice is a demonstration. ' +
      'Checked on one real CT image.',
  },
  author: { key: 'morningstar-imaging', name: { zh: '晨星影像研究所', en: 'Morningstar Imaging Institute' } },
  modalities: ['CT'],
  dataClass: 'imaging.chest',
  defaultTier: 1,
  needs: { runtime: 'ts-kernel', memoryMb: 2048, gpus: 0, cpuSeconds: 1 },
  shares: { basePayBps: 8500, royaltyBps: 1000, feeBps: 500, poolBps: 0 },
  approvedForDiagnosis: false,
}
