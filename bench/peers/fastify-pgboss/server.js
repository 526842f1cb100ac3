// The peer of P4: the same promise as ours. The signature is checked over the raw bytes, in
// constant time; a delivery is a durable row before it is answered by 200.
//
// DATABASE_URL, APP_SECRET, POOL (connections per process), PROCESSES. Prints one line of JSON
// when it listens.
import cluster from 'node:cluster'
import { createHmac, timingSafeEqual } from 'node:crypto'
import Fastify from 'fastify'
import PgBoss from 'pg-boss'

const QUEUE = 'whatsapp'
const secret = process.env.APP_SECRET
const pool = Number(process.env.POOL ?? 8)
const processes = Number(process.env.PROCESSES ?? 1)

// Upkeep of the queue is the primary's; a process that serves only inserts.
function boss(serving) {
  const upkeep = { supervise: false, schedule: false }
  const options = { connectionString: process.env.DATABASE_URL, max: pool, ...upkeep }
  return new PgBoss(serving ? { ...options, migrate: false } : { ...options, max: 2 })
}

function isGenuine(signature, body) {
  if (typeof signature !== 'string' || !signature.startsWith('sha256=')) return false
  const told = Buffer.from(signature.slice(7), 'hex')
  const expected = createHmac('sha256', secret).update(body).digest()
  return told.length === expected.length && timingSafeEqual(told, expected)
}

async function serve() {
  const queue = boss(true)
  queue.on('error', (error) => console.error(error))
  await queue.start()
  const app = Fastify({ logger: false, bodyLimit: 3 * 1024 * 1024 })
  // Raw bytes: the signature covers them, not what a parser makes of them.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    done(null, body)
  })
  app.post('/webhooks/meta/whatsapp', async (request, reply) => {
    if (!isGenuine(request.headers['x-hub-signature-256'], request.body)) {
      return reply.code(401).send({ error: { code: 'FORGED' } })
    }
    await queue.send(QUEUE, JSON.parse(request.body))
    return reply.type('text/plain; charset=utf-8').send('EVENT_RECEIVED')
  })
  return app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) })
}

async function prepare() {
  const queue = boss(false)
  await queue.start()
  await queue.createQueue(QUEUE)
  await queue.stop({ graceful: false })
}

if (cluster.isPrimary) {
  await prepare()
  if (processes === 1) {
    console.log(JSON.stringify({ url: await serve(), node: process.version }))
  } else {
    const listening = []
    for (let n = 0; n < processes; n++) {
      const worker = cluster.fork()
      listening.push(new Promise((done) => worker.once('listening', done)))
    }
    const [address] = await Promise.all(listening)
    const url = `http://127.0.0.1:${address.port}`
    console.log(JSON.stringify({ url, node: process.version }))
  }
} else {
  await serve()
}
