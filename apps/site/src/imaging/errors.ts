import { defineErrors } from '@bithive/kernel/errors'

/** What can go wrong with images. Facts carry tags, sizes and reasons, never a value from a file. */
export const imagingErrors = defineErrors('imaging', {
  'not-dicom': {
    status: 422,
    retryable: false,
    zh: { title: '这不是 DICOM 文件', notDone: '文件没有登记。', todo: '请发送 DICOM 第 10 部分格式的文件。' },
    en: {
      title: 'This is not a DICOM file',
      notDone: 'The file was not registered.',
      todo: 'Send a file in the DICOM Part 10 format.',
    },
  },
  truncated: {
    status: 422,
    retryable: false,
    zh: { title: 'DICOM 文件不完整', notDone: '文件没有登记。', todo: '请让设备重新发送该图像。' },
    en: {
      title: 'The DICOM file ends too early',
      notDone: 'The file was not registered.',
      todo: 'Send the image again from the device.',
    },
  },
  'unknown-syntax': {
    status: 415,
    retryable: false,
    zh: { title: '不支持的传输语法', notDone: '文件没有登记。', todo: '请让设备改用显式小端或常用压缩格式。' },
    en: {
      title: 'The transfer syntax is not supported',
      notDone: 'The file was not registered.',
      todo: 'Set the device to explicit little endian or a common compression.',
    },
  },
  'bad-structure': {
    status: 422,
    retryable: false,
    zh: { title: 'DICOM 文件结构有误', notDone: '文件没有登记。', todo: '请检查发送设备，或联系设备厂商。' },
    en: {
      title: 'The DICOM file is not well formed',
      notDone: 'The file was not registered.',
      todo: 'Check the sending device, or ask its maker.',
    },
  },
  'too-large': {
    status: 413,
    retryable: false,
    zh: { title: '文件超过限制', notDone: '文件没有登记。', todo: '请减小文件，或由管理员调高限制。' },
    en: {
      title: 'The file is over a limit',
      notDone: 'The file was not registered.',
      todo: 'Send a smaller file, or ask an administrator to raise the limit.',
    },
  },
  'missing-uid': {
    status: 422,
    retryable: false,
    zh: { title: '缺少必要的标识号', notDone: '文件没有登记。', todo: '请检查设备是否写入了检查、序列和图像的 UID。' },
    en: {
      title: 'A required UID is missing or not valid',
      notDone: 'The file was not registered.',
      todo: 'Check that the device writes study, series and instance UIDs.',
    },
  },
  'class-mismatch': {
    status: 422,
    retryable: false,
    zh: { title: '图像与传输时声明的不一致', notDone: '文件没有登记。', todo: '请让设备重新发送该图像。' },
    en: {
      title: 'The image is not the one that was announced',
      notDone: 'The file was not registered.',
      todo: 'Send the image again from the device.',
    },
  },
  'edit-target-missing': {
    status: 422,
    retryable: false,
    zh: { title: '找不到要修改的数据项', notDone: '文件没有改动。', todo: '请确认该文件包含此数据项。' },
    en: {
      title: 'The element to change is not in the file',
      notDone: 'The file was not changed.',
      todo: 'Check that the file has this element.',
    },
  },
  'pixels-may-identify': {
    status: 403,
    retryable: false,
    zh: {
      title: '图像画面可能含有患者信息',
      notDone: '图像没有离开本机构。',
      todo: '请改用院内节点处理，或先人工遮盖画面文字。',
    },
    en: {
      title: 'The picture itself may show who the patient is',
      notDone: 'The image did not leave the site.',
      todo: 'Use a node of your own hospital, or have the burned-in text removed first.',
    },
  },
  'class-not-shareable': {
    status: 403,
    retryable: false,
    zh: { title: '该类对象不允许离开本机构', notDone: '对象没有离开本机构。', todo: '请只发送图像类对象。' },
    en: {
      title: 'Objects of this kind may not leave the site',
      notDone: 'The object did not leave the site.',
      todo: 'Send image objects only.',
    },
  },
  'identifier-left': {
    status: 403,
    retryable: false,
    zh: {
      title: '去标识后仍发现患者信息',
      notDone: '图像没有离开本机构。',
      todo: '请通知管理员检查该设备写入的数据项。',
    },
    en: {
      title: 'A patient value was still found after de-identification',
      notDone: 'The image did not leave the site.',
      todo: 'Ask an administrator to look at what this device writes.',
    },
  },
  'instance-conflict': {
    status: 409,
    retryable: false,
    zh: {
      title: '同一图像编号的内容不同',
      notDone: '保留先收到的图像，后来的没有登记。',
      todo: '请检查发送设备是否重复使用了编号。',
    },
    en: {
      title: 'The same UID came with another image',
      notDone: 'The first image is kept; the later one was not registered.',
      todo: 'Check whether the sending device uses UIDs twice.',
    },
  },
  'study-of-another-person': {
    status: 409,
    retryable: false,
    zh: { title: '该检查属于另一位患者', notDone: '图像没有登记。', todo: '请核对患者编号后重新发送。' },
    en: {
      title: 'This study belongs to another patient',
      notDone: 'The image was not registered.',
      todo: 'Check the patient number, then send it again.',
    },
  },
  'unknown-study': {
    status: 404,
    retryable: false,
    zh: { title: '找不到该检查', notDone: '没有执行任何操作。', todo: '请从检查列表重新打开。' },
    en: { title: 'No such study', notDone: 'Nothing was done.', todo: 'Open it from the list of studies again.' },
  },
  'unknown-series': {
    status: 404,
    retryable: false,
    zh: { title: '找不到该序列', notDone: '没有执行任何操作。', todo: '请从检查列表重新打开。' },
    en: { title: 'No such series', notDone: 'Nothing was done.', todo: 'Open it from the list of studies again.' },
  },
  'wrong-study': {
    status: 409,
    retryable: false,
    zh: { title: '图像不属于所指的检查', notDone: '图像没有登记。', todo: '请发送到图像自己的检查。' },
    en: {
      title: 'The image belongs to another study than the address says',
      notDone: 'The image was not registered.',
      todo: 'Send it to the study that it belongs to.',
    },
  },
  'bad-multipart': {
    status: 400,
    retryable: false,
    zh: { title: '请求内容的分段有误', notDone: '出错处之后的内容没有登记。', todo: '请检查发送程序。' },
    en: {
      title: 'The parts of the request are not well formed',
      notDone: 'What follows the fault was not registered.',
      todo: 'Check the sending program.',
    },
  },
  'media-type': {
    status: 415,
    retryable: false,
    zh: {
      title: '不支持的内容类型',
      notDone: '没有登记任何图像。',
      todo: '请使用 multipart/related; type="application/dicom"。',
    },
    en: {
      title: 'The media type is not supported',
      notDone: 'No image was registered.',
      todo: 'Use multipart/related; type="application/dicom".',
    },
  },
  'blob-missing': {
    status: 500,
    retryable: false,
    zh: { title: '原始图像缺失', notDone: '没有读出图像。', todo: '请从备份恢复，并报告此问题。' },
    en: {
      title: 'The original image is missing',
      notDone: 'No image was read.',
      todo: 'Restore it from a backup and report this problem.',
    },
  },
  'unknown-instance': {
    status: 404,
    retryable: false,
    zh: { title: '找不到该图像', notDone: '没有读出任何内容。', todo: '请从检查列表重新打开。' },
    en: { title: 'No such image', notDone: 'Nothing was read.', todo: 'Open it from the list of studies again.' },
  },
  'unknown-frame': {
    status: 404,
    retryable: false,
    zh: { title: '该图像没有这一帧', notDone: '没有读出任何内容。', todo: '请按图像的帧数重新选择。' },
    en: { title: 'The image has no such frame', notDone: 'Nothing was read.', todo: 'Ask for a frame that it has.' },
  },
  'bad-query': {
    status: 400,
    retryable: false,
    zh: { title: '查询条件有误', notDone: '没有查询。', todo: '请修改所指的条件后重试。' },
    en: {
      title: 'The query is not right',
      notDone: 'Nothing was searched.',
      todo: 'Correct the named key, then try again.',
    },
  },
  'not-acceptable': {
    status: 406,
    retryable: false,
    zh: { title: '不能以所要求的格式提供', notDone: '没有读出任何内容。', todo: '请在 Accept 中改用所列的格式。' },
    en: {
      title: 'It cannot be given in the form that was asked for',
      notDone: 'Nothing was read.',
      todo: 'Name one of the listed media types in Accept.',
    },
  },
  'not-decodable': {
    status: 406,
    retryable: false,
    zh: {
      title: '无法解码该图像的传输语法',
      notDone: '没有显示图像，原始文件未受影响。',
      todo: '请下载原始文件，用其他软件打开。',
    },
    en: {
      title: 'The transfer syntax of the image cannot be decoded here',
      notDone: 'No picture was made; the original file is untouched.',
      todo: 'Download the original file and open it with other software.',
    },
  },
  'pixels-damaged': {
    status: 422,
    retryable: false,
    zh: {
      title: '像素数据损坏或不完整',
      notDone: '没有显示图像，原始文件未受影响。',
      todo: '请让设备重新发送该图像。',
    },
    en: {
      title: 'The pixel data are damaged or not whole',
      notDone: 'No picture was made; the original file is untouched.',
      todo: 'Send the image again from the device.',
    },
  },
  'not-renderable': {
    status: 422,
    retryable: false,
    zh: { title: '该对象不是可以显示的图像', notDone: '没有显示图像。', todo: '请下载原始文件，用其他软件打开。' },
    en: {
      title: 'This object is no picture that can be shown',
      notDone: 'No picture was made.',
      todo: 'Download the original file and open it with other software.',
    },
  },
  'too-much': {
    status: 413,
    retryable: false,
    zh: { title: '一次要求的内容太多', notDone: '没有读出任何内容。', todo: '请缩小范围，分几次读取。' },
    en: { title: 'Too much was asked for at once', notDone: 'Nothing was read.', todo: 'Ask for less at a time.' },
  },
  busy: {
    status: 503,
    retryable: true,
    zh: { title: '同一图像正在处理', notDone: '图像没有登记。', todo: '请稍后再试。' },
    en: {
      title: 'The same image is being handled',
      notDone: 'The image was not registered.',
      todo: 'Try again shortly.',
    },
  },
  'port-unavailable': {
    status: 409,
    retryable: true,
    zh: {
      title: 'DICOM 端口无法打开',
      notDone: '没有开始接收影像。',
      todo: '请用 BITHIVE_DICOM_PORT 换一个端口，或停止占用它的程序。',
    },
    en: {
      title: 'The DICOM port cannot be opened',
      notDone: 'No image is being received.',
      todo: 'Choose another with BITHIVE_DICOM_PORT, or stop the program that holds it.',
    },
  },
})
