import { defineErrors } from '../errors.ts'

const untouched = { zh: '没有恢复任何内容，目标保持为空。', en: 'Nothing was restored and the target is still empty.' }

export const backupErrors = defineErrors('backup', {
  'weak-passphrase': {
    status: 422,
    retryable: false,
    zh: { title: '备份口令太短', notDone: '没有生成备份。', todo: '请使用不少于 12 个字符的口令，或使用密钥文件。' },
    en: {
      title: 'The passphrase of the backup is too short',
      notDone: 'No backup was made.',
      todo: 'Use at least 12 characters, or a key file of at least 32 bytes.',
    },
  },
  exists: {
    status: 409,
    retryable: false,
    zh: { title: '同名的备份文件已存在', notDone: '没有生成备份，原文件未动。', todo: '请换一个文件名。' },
    en: {
      title: 'A file of this name is already there',
      notDone: 'No backup was made and that file was left alone.',
      todo: 'Choose another name.',
    },
  },
  'storage-full': {
    status: 507,
    retryable: true,
    zh: { title: '磁盘空间不足', notDone: '操作没有完成，半成品已删除。', todo: '请腾出空间后再试。' },
    en: {
      title: 'The disk is full',
      notDone: 'The act was not completed and its half-made files were removed.',
      todo: 'Free some space and try again.',
    },
  },
  'not-a-backup': {
    status: 422,
    retryable: false,
    zh: { title: '这不是本软件的备份文件', notDone: untouched.zh, todo: '请检查文件名。' },
    en: { title: 'This is not a backup of this software', notDone: untouched.en, todo: 'Check the name of the file.' },
  },
  'wrong-key': {
    status: 403,
    retryable: false,
    zh: { title: '口令或密钥不对，或备份开头被改动', notDone: untouched.zh, todo: '请检查口令或密钥文件。' },
    en: {
      title: 'The passphrase or key is wrong, or the head of the backup was altered',
      notDone: untouched.en,
      todo: 'Check the passphrase or the key file.',
    },
  },
  damaged: {
    status: 422,
    retryable: false,
    zh: { title: '备份已损坏或被改动', notDone: untouched.zh, todo: '请使用另一份备份。' },
    en: { title: 'The backup is damaged or was altered', notDone: untouched.en, todo: 'Use another backup.' },
  },
  truncated: {
    status: 422,
    retryable: false,
    zh: { title: '备份不完整，结尾缺失', notDone: untouched.zh, todo: '请重新复制该文件，或使用另一份备份。' },
    en: {
      title: 'The end of the backup is missing',
      notDone: untouched.en,
      todo: 'Copy the file again, or use another backup.',
    },
  },
  newer: {
    status: 409,
    retryable: false,
    zh: { title: '备份来自更新或不同的程序版本', notDone: untouched.zh, todo: '请使用生成备份的版本或更新的版本。' },
    en: {
      title: 'The backup comes from a newer or a different version of the program',
      notDone: untouched.en,
      todo: 'Use the version that made the backup, or a later one.',
    },
  },
  'target-missing': {
    status: 422,
    retryable: false,
    zh: {
      title: '没有说明备份中的某一部分恢复到哪里',
      notDone: untouched.zh,
      todo: '请为备份中的每个数据库和文件夹指定目标。',
    },
    en: {
      title: 'A part of the backup has no place to go',
      notDone: untouched.en,
      todo: 'Name a target for each database and folder of the backup.',
    },
  },
  'target-not-empty': {
    status: 409,
    retryable: false,
    zh: {
      title: '恢复的目标不是空的',
      notDone: '没有恢复任何内容，已有内容未动。',
      todo: '请恢复到空的文件夹和空的数据库。',
    },
    en: {
      title: 'The target of the restore is not empty',
      notDone: 'Nothing was restored and what is there was left alone.',
      todo: 'Restore into an empty folder and empty databases.',
    },
  },
  'needs-superuser': {
    status: 403,
    retryable: false,
    zh: { title: '恢复需要数据库的超级用户', notDone: untouched.zh, todo: '请在 DATABASE_URL 中使用超级用户。' },
    en: {
      title: 'A restore needs a superuser of the database',
      notDone: untouched.en,
      todo: 'Use a superuser in DATABASE_URL for the restore.',
    },
  },
  'drill-failed': {
    status: 500,
    retryable: false,
    zh: {
      title: '恢复演练没有通过检查',
      notDone: '正在使用的数据未受影响。',
      todo: '请查看检查名称，并尽快生成新的备份。',
    },
    en: {
      title: 'The restore drill did not pass its checks',
      notDone: 'The data in use were not touched.',
      todo: 'Read which check failed and make a new backup soon.',
    },
  },
})

/** A full disk as our own error; anything else stays what it is. */
export function asStorageFull(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code
  // 53100 is PostgreSQL's disk_full.
  return code === 'ENOSPC' || code === 'EDQUOT' || code === '53100'
    ? backupErrors.error('storage-full', {}, error)
    : error
}
