import type { WorkloadCard } from '@bithive/api/workload'

export const onnxInferCard: WorkloadCard = {
  id: 'onnx.infer',
  version: '1.0.0',
  title: { zh: 'ONNX 模型推理', en: 'ONNX model inference' },
  intendedUse: {
    zh: '研究用途：在一组灰度图像上运行一个按哈希登记的 ONNX 模型；自带模型计算图像清晰度，用于质控。不用于诊断。',
    en:
      'Research: runs an ONNX model registered by its hash over a grey-scale series; the bundled one measures image ' +
      'sharpness for quality control. Not for diagnosis.',
  },
  source: 'ONNX operator set 13. Bundled model: mean absolute discrete Laplacian, without any trained weight.',
  limits: {
    zh: '模型须为单输入 float32 [1,1,行,列]，每幅图像每个输出一个数。浮点结果按登记的小数位取整；不同处理器的末位可能不同。清晰度随噪声升高，仅可比较同一设备与协议。',
    en:
      'One float32 input [1,1,rows,columns] and one number an image from each output. Results are rounded as ' +
      'registered; the last digit may differ between processors. Sharpness rises with noise: compare only within one ' +
      'scanner and protocol.',
  },
  author: { key: 'clarity-quality-lab', name: { zh: '澄明影像质控实验室', en: 'Clarity Image Quality Laboratory' } },
  modalities: ['CT', 'MR'],
  dataClass: 'imaging.quality',
  defaultTier: 2,
  needs: { runtime: 'onnx', memoryMb: 1024, gpus: 0, cpuSeconds: 1 },
  shares: { basePayBps: 8500, royaltyBps: 1000, feeBps: 500, poolBps: 0 },
  approvedForDiagnosis: false,
}
