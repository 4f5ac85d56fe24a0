// Runs on whatever Node a machine has. With the path of a program behind it, it goes on as that program in the same
// process, so that a signal to `npm start` reaches the program itself.
var major = parseInt(process.versions.node.split('.')[0], 10)
if (major < 24) {
  var lines = [
    'BitHive runs on Node.js 24 or newer; this is ' + process.version + '.',
    'npm ci normally brings Node 24 along for Linux, Windows and Intel Macs. On an Apple Silicon Mac, or after',
    '"npm ci --omit=optional", install Node 24 from nodejs.org and try again. Nothing was started.',
    '',
    'BitHive 需要 Node.js 24 或更新版本；当前是 ' + process.version + '。',
    '在 Linux、Windows 和 Intel Mac 上，npm ci 会自带 Node 24。Apple Silicon 的 Mac，或使用过',
    '"npm ci --omit=optional" 时，请先安装 Node 24，再重试。没有启动任何程序。',
  ]
  process.stderr.write(lines.join('\n') + '\n')
  process.exit(1)
}
if (process.argv[2]) {
  var program = require('node:path').resolve(process.argv[2])
  process.argv.splice(1, 2, program)
  import(require('node:url').pathToFileURL(program).href)
}
