import { defineErrors } from '../errors.ts'

const nothing = {
  zh: '没有启动数据库，没有改动任何数据。',
  en: 'The database was not started and nothing was changed.',
}

export const databaseErrors = defineErrors('database', {
  'no-binaries': {
    status: 500,
    retryable: false,
    zh: {
      title: '这台机器没有内置的数据库程序',
      notDone: nothing.zh,
      todo: '请设置 DATABASE_URL，使用您已有的 PostgreSQL 18。',
    },
    en: {
      title: 'There is no built-in database for this kind of machine',
      notDone: nothing.en,
      todo: 'Set DATABASE_URL to a PostgreSQL 18 server of your own.',
    },
  },
  'system-too-old': {
    status: 500,
    retryable: false,
    zh: {
      title: '系统库过旧或缺失，数据库程序无法运行',
      notDone: nothing.zh,
      todo: '请更新系统，或设置 DATABASE_URL。',
    },
    en: {
      title: 'The system libraries are too old or missing for the database program',
      notDone: nothing.en,
      todo: 'Update the system, or set DATABASE_URL.',
    },
  },
  'no-user': {
    status: 500,
    retryable: false,
    zh: {
      title: '当前系统用户没有登记，数据库拒绝以它运行',
      notDone: nothing.zh,
      todo: '请以 /etc/passwd 中已有的用户运行，或设置 DATABASE_URL。',
    },
    en: {
      title: 'The current system user has no entry, and the database refuses to run as it',
      notDone: nothing.en,
      todo: 'Run as a user that /etc/passwd lists, or set DATABASE_URL.',
    },
  },
  'no-permission': {
    status: 500,
    retryable: false,
    zh: {
      title: '没有权限读写数据文件夹',
      notDone: nothing.zh,
      todo: '请检查该文件夹的所有者和权限，或设置 BITHIVE_DATA_DIR。',
    },
    en: {
      title: 'The data folder may not be read or written',
      notDone: nothing.en,
      todo: 'Check the owner and the mode of the folder, or set BITHIVE_DATA_DIR.',
    },
  },
  'disk-full': {
    status: 507,
    retryable: true,
    zh: { title: '磁盘空间不足', notDone: '数据库没有启动；已写入的数据没有丢失。', todo: '请腾出空间后再试。' },
    en: {
      title: 'The disk is full',
      notDone: 'The database did not start. Data already written are not lost.',
      todo: 'Free some space and try again.',
    },
  },
  'in-use': {
    status: 409,
    retryable: true,
    zh: {
      title: '另一个进程正在使用这个数据文件夹',
      notDone: nothing.zh,
      todo: '请先停止该进程（见进程号），或另选一个数据文件夹。',
    },
    en: {
      title: 'Another process uses this data folder',
      notDone: nothing.en,
      todo: 'Stop that process first (its number is in the facts), or choose another data folder.',
    },
  },
  'other-version': {
    status: 500,
    retryable: false,
    zh: {
      title: '数据来自另一个版本的 PostgreSQL',
      notDone: nothing.zh,
      todo: '请用原来的版本做备份，再恢复到空文件夹。',
    },
    en: {
      title: 'The data belong to another version of PostgreSQL',
      notDone: nothing.en,
      todo: 'Make a backup with the version that wrote them and restore it into an empty folder.',
    },
  },
  'not-ours': {
    status: 500,
    retryable: false,
    zh: {
      title: '应答的数据库服务器不是我们启动的那一个',
      notDone: '没有向它写入任何内容。',
      todo: '请检查数据文件夹和端口，然后重新启动。',
    },
    en: {
      title: 'The server that answered is not the one that was started',
      notDone: 'Nothing was written to it.',
      todo: 'Check the data folder and the port, then start again.',
    },
  },
  'start-failed': {
    status: 503,
    retryable: true,
    zh: { title: '数据库没有启动成功', notDone: '没有改动任何数据。', todo: '请查看所列日志文件后再试。' },
    en: {
      title: 'The database did not start',
      notDone: 'Nothing was changed.',
      todo: 'Read the log file named in the facts and try again.',
    },
  },
  unreachable: {
    status: 503,
    retryable: true,
    zh: { title: '无法连接数据库', notDone: '没有改动任何数据。', todo: '请检查 DATABASE_URL、网络和数据库服务。' },
    en: {
      title: 'The database cannot be reached',
      notDone: 'Nothing was changed.',
      todo: 'Check DATABASE_URL, the network and the database server.',
    },
  },
  'foreign-database': {
    status: 409,
    retryable: false,
    zh: {
      title: '这个数据库里有其他软件的表',
      notDone: '没有在其中创建或修改任何内容。',
      todo: '请提供一个空的数据库。',
    },
    en: {
      title: 'This database holds tables of other software',
      notDone: 'Nothing was created or changed in it.',
      todo: 'Give an empty database.',
    },
  },
  'wrong-database': {
    status: 409,
    retryable: false,
    zh: {
      title: '这个数据库属于另一个部分（中心或医院）',
      notDone: '没有在其中创建或修改任何内容。',
      todo: '请检查两个数据库的地址是否写反。',
    },
    en: {
      title: 'This database belongs to the other part (hub or site)',
      notDone: 'Nothing was created or changed in it.',
      todo: 'Check whether the two addresses are exchanged.',
    },
  },
  'role-secret-needed': {
    status: 500,
    retryable: false,
    zh: {
      title: '没有为数据库角色提供密码',
      notDone: '没有创建角色。',
      todo: '请提供密钥存放处，或在 DATABASE_URL 中使用不少于 32 位的密码。',
    },
    en: {
      title: 'There is no secret for the database roles',
      notDone: 'No role was created.',
      todo: 'Give a place for secrets, or use a password of at least 32 characters in DATABASE_URL.',
    },
  },
  'migration-changed': {
    status: 500,
    retryable: false,
    zh: {
      title: '一个已执行的数据库变更文件被改动过',
      notDone: '没有执行任何新的变更。',
      todo: '请恢复原文件，把改动写成新的编号文件。',
    },
    en: {
      title: 'A migration that was already applied has been changed',
      notDone: 'No new migration was applied.',
      todo: 'Put the original file back and write the change as a new numbered file.',
    },
  },
  'migration-missing': {
    status: 500,
    retryable: false,
    zh: {
      title: '数据库比这个程序新，或缺少变更文件',
      notDone: '没有执行任何新的变更。',
      todo: '请使用不低于该数据库的程序版本。',
    },
    en: {
      title: 'The database is newer than this program, or a migration file is missing',
      notDone: 'No new migration was applied.',
      todo: 'Use a version of the program that is at least as new as the database.',
    },
  },
  'migration-misnumbered': {
    status: 500,
    retryable: false,
    zh: {
      title: '变更文件的编号不连续、重复，或排在已执行的文件之前',
      notDone: '没有执行任何新的变更。',
      todo: '请改为下一个连续编号。',
    },
    en: {
      title: 'Migration numbers are repeated, have a gap, or come before one that was applied',
      notDone: 'No new migration was applied.',
      todo: 'Give the file the next number.',
    },
  },
  'migration-failed': {
    status: 500,
    retryable: false,
    zh: {
      title: '一个数据库变更执行失败',
      notDone: '该文件的变更已全部撤回，之后的文件没有执行。',
      todo: '请修正该文件后再试。',
    },
    en: {
      title: 'A migration failed',
      notDone: 'That file was rolled back whole and no later file was applied.',
      todo: 'Correct the file and try again.',
    },
  },
  'org-needed': {
    status: 500,
    retryable: false,
    zh: { title: '没有说明以哪个机构的身份访问', notDone: '没有读写任何数据。', todo: '请报告此问题。' },
    en: {
      title: 'The organisation to act as is missing',
      notDone: 'Nothing was read or written.',
      todo: 'Report this problem.',
    },
  },
})
