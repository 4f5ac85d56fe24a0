import type { WorkloadCard } from '@bithive/api/workload'

export const brainVolumeCard: WorkloadCard = {
  id: 'imaging.mr.brain-volume',
  version: '1.0.0',
  title: { zh: 'MR 脑容积', en: 'MR brain volume' },
  intendedUse: {
    zh: '研究用途：在一组轴位头部 MR 上勾画脑（含脑室）并给出容积。不用于诊断。',
    en: 'Research: outlines the brain with its ventricles on axial head MR and reports its volume. Not for diagnosis.',
  },
  source:
    'Threshold: Otsu, IEEE Trans Syst Man Cybern 1979;9:62-66. ' +
    'Brain extraction by threshold, morphology and connectivity after Brummer et al., ' +
    'IEEE Trans Med Imaging 1993;12:153-166.',
  limits: {
    zh:
      '参数只在一组 20 层质子密度像（5 毫米层厚）上选定，未与人工分割对照；眶内组织、硬膜和静脉窦可能计入。' +
      '不同序列、层厚、线圈不均匀或术后头颅会使结果偏差。图像须为轴位、层距均匀并覆盖全脑。',
    en:
      'Parameters were chosen on one series (20 proton-density slices of 5 mm), not compared with a manual outline; ' +
      'orbital tissue, dura and sinuses may be counted. Other sequences, thin slices, coils or surgery bias it. ' +
      'Needs axial, evenly spaced slices over the whole brain.',
  },
  author: { key: 'clear-spring-neuro', name: { zh: '清泉神经影像中心', en: 'Clear Spring Neuroimaging Centre' } },
  modalities: ['MR'],
  dataClass: 'imaging.head',
  defaultTier: 3,
  needs: { runtime: 'ts-kernel', memoryMb: 1024, gpus: 0, cpuSeconds: 1 },
  shares: { basePayBps: 8500, royaltyBps: 1000, feeBps: 500, poolBps: 0 },
  approvedForDiagnosis: false,
}
