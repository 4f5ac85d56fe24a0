import { defineErrors, type ErrorEntry } from '@bithive/kernel/errors'

type Words = readonly [title: string, notDone: string, todo: string]

function entry(status: ErrorEntry['status'], zh: Words, en: Words, retryable = false): ErrorEntry {
  return {
    status,
    retryable,
    zh: { title: zh[0], notDone: zh[1], todo: zh[2] },
    en: { title: en[0], notDone: en[1], todo: en[2] },
  }
}

const NO_FIGURES_ZH = '未计算任何指标。'
const NO_FIGURES = 'Nothing was computed.'

/** What can go wrong between the bytes of an input and the figures. Facts name counts and limits, never a patient. */
export const workloadErrors = defineErrors('workloads', {
  'not-dicom': entry(
    415,
    ['这不是 DICOM 文件', NO_FIGURES_ZH, '请发送带文件头的 DICOM 文件。'],
    ['This is not a DICOM file', NO_FIGURES, 'Send a DICOM file with its file header.'],
  ),
  truncated: entry(
    422,
    ['DICOM 文件不完整或已损坏', NO_FIGURES_ZH, '请从原设备或 PACS 重新发送该图像。'],
    ['The DICOM file is cut short or damaged', NO_FIGURES, 'Send the image again from its source.'],
  ),
  'syntax-unsupported': entry(
    415,
    ['不支持该图像的传输语法', NO_FIGURES_ZH, '请以显式 VR 小端、RLE、JPEG-LS 或 JPEG 2000 发送。'],
    [
      'The transfer syntax of the image is not supported',
      NO_FIGURES,
      'Send it as Explicit VR Little Endian, RLE, JPEG-LS or JPEG 2000.',
    ],
  ),
  'image-too-large': entry(
    413,
    ['图像超过大小上限', NO_FIGURES_ZH, '请发送较小的图像，或请运营方提高上限。'],
    ['The image is over the size limit', NO_FIGURES, 'Send a smaller image, or ask the operator for a higher limit.'],
  ),
  'no-pixels': entry(
    422,
    ['文件中没有可用的像素数据', NO_FIGURES_ZH, '请选择含有灰度图像的文件。'],
    ['The file holds no pixels that can be used', NO_FIGURES, 'Choose files with grey-scale images.'],
  ),
  'pixels-damaged': entry(
    422,
    ['压缩的像素数据无法解码', NO_FIGURES_ZH, '请从原设备或 PACS 重新发送该图像。'],
    ['The compressed pixels could not be decoded', NO_FIGURES, 'Send the image again from its source.'],
  ),
  colour: entry(
    422,
    ['彩色图像不适用', NO_FIGURES_ZH, '请选择灰度 CT 或 MR 图像。'],
    ['Colour images cannot be used', NO_FIGURES, 'Choose grey-scale CT or MR images.'],
  ),
  'multi-frame': entry(
    422,
    ['多帧图像不适用', NO_FIGURES_ZH, '请以单帧图像发送该序列。'],
    ['Multi-frame images cannot be used', NO_FIGURES, 'Send the series as single-frame images.'],
  ),
  'wrong-modality': entry(
    422,
    ['图像的检查类型不适用于该计算', NO_FIGURES_ZH, '请选择该计算支持的检查类型。'],
    ['The modality does not fit this workload', NO_FIGURES, 'Choose a series of a modality that the workload names.'],
  ),
  'wrong-body-part': entry(
    422,
    ['图像的检查部位不适用于该计算', NO_FIGURES_ZH, '请选择该计算支持的检查部位。'],
    ['The body part does not fit this workload', NO_FIGURES, 'Choose a series of the body part that it measures.'],
  ),
  scout: entry(
    422,
    ['定位像不能用于测量', NO_FIGURES_ZH, '请选择轴位图像序列。'],
    ['A scout image cannot be measured', NO_FIGURES, 'Choose the axial series of the study.'],
  ),
  'no-rescale': entry(
    422,
    ['图像缺少或含有无效的灰度换算系数', NO_FIGURES_ZH, '请发送含重建斜率和截距的原始图像。'],
    [
      'The image states no valid rescale to physical units',
      NO_FIGURES,
      'Send the original image with its rescale slope and intercept.',
    ],
  ),
  'no-geometry': entry(
    422,
    ['图像缺少像素间距、位置或方向', NO_FIGURES_ZH, '请发送含几何信息的原始图像。'],
    [
      'The image states no pixel spacing, position or orientation',
      NO_FIGURES,
      'Send the original image with its geometry.',
    ],
  ),
  'not-axial': entry(
    422,
    ['图像不是轴位', NO_FIGURES_ZH, '请选择轴位图像序列。'],
    ['The images are not axial', NO_FIGURES, 'Choose the axial series of the study.'],
  ),
  'mixed-series': entry(
    422,
    ['输入混合了不同的序列', NO_FIGURES_ZH, '请每次只选择一个序列。'],
    ['The input mixes different series', NO_FIGURES, 'Choose one series at a time.'],
  ),
  'uneven-slices': entry(
    422,
    ['层面重复或间距不均', NO_FIGURES_ZH, '请发送层距均匀、无缺层的完整序列。'],
    ['Slices are repeated or unevenly spaced', NO_FIGURES, 'Send the whole series, evenly spaced and without gaps.'],
  ),
  'too-few-slices': entry(
    422,
    ['层面数量不足以计算', NO_FIGURES_ZH, '请发送覆盖整个器官的完整序列。'],
    ['There are too few slices', NO_FIGURES, 'Send the whole series that covers the organ.'],
  ),
  'nothing-found': entry(
    422,
    ['图像中未找到要测量的器官', '未得出任何指标。', '请确认所选序列，由医生查看图像。'],
    ['The organ was not found in the images', 'No figure was reported.', 'Check the series, and look at the images.'],
  ),
  'bundle-damaged': entry(
    422,
    ['输入包已损坏', NO_FIGURES_ZH, '请重新发送输入包。'],
    ['The input bundle is damaged', NO_FIGURES, 'Send the bundle again.'],
    true,
  ),
  'bundle-hash': entry(
    422,
    ['输入包中的文件与其哈希不符', NO_FIGURES_ZH, '请重新发送输入包；若再次发生，请报告发送方。'],
    [
      'A file in the bundle does not match its hash',
      NO_FIGURES,
      'Send the bundle again. If it happens twice, report the sender.',
    ],
    true,
  ),
  'bundle-too-large': entry(
    413,
    ['输入包超过文件数或大小上限', NO_FIGURES_ZH, '请发送较少的图像。'],
    ['The bundle is over the limit of files or bytes', NO_FIGURES, 'Send fewer images.'],
  ),
  'bundle-name': entry(
    422,
    ['输入包中的文件名不合规', NO_FIGURES_ZH, '文件名只能是去标识后的 UID 加 .dcm，且不可重复。'],
    ['A file name in the bundle is not allowed', NO_FIGURES, 'Names are the de-identified UID and .dcm, each once.'],
  ),
  'unknown-workload': entry(
    404,
    ['没有这个计算任务', NO_FIGURES_ZH, '请从任务列表中选择。'],
    ['There is no such workload', NO_FIGURES, 'Choose one from the list of workloads.'],
  ),
  altered: entry(
    500,
    ['计算任务的代码与登记的哈希不符', '该任务未加载，也未运行。', '请重新安装 BitHive，并检查谁改动了文件。'],
    [
      'The code of the workload does not match its pinned hash',
      'The workload was not loaded and not run.',
      'Install BitHive again, and find out who changed the files.',
    ],
  ),
  'model-hash': entry(
    422,
    ['模型文件与登记的哈希不符', '模型未加载，也未运行。', '请取得登记的模型文件。'],
    [
      'The model does not match its pinned hash',
      'The model was not loaded and not run.',
      'Obtain the model file that was registered.',
    ],
  ),
  'model-failed': entry(
    422,
    ['模型无法运行或输出不符合登记', NO_FIGURES_ZH, '请由模型作者检查模型及其输入输出。'],
    [
      'The model did not run or its output is not as registered',
      NO_FIGURES,
      'Ask the author to check the model, its inputs and outputs.',
    ],
  ),
  'no-runtime': entry(
    503,
    ['该节点没有 ONNX 运行环境', NO_FIGURES_ZH, '请安装 onnxruntime-node，或改用其他节点。'],
    ['This node has no ONNX runtime', NO_FIGURES, 'Install onnxruntime-node, or use another node.'],
  ),
  cancelled: entry(
    409,
    ['计算已取消', '未返回任何指标。', '需要时请重新提交。'],
    ['The run was cancelled', 'No figure was returned.', 'Submit it again when it is needed.'],
    true,
  ),
})

export type WorkloadErrorKey = keyof typeof workloadErrors.entries
