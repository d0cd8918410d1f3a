// Follow a service's events from their beginning and say each of them once, in the order of its subject.
//
//     node follow.mjs BOOTSTRAP TOPIC [IDLE_SECONDS]
//
// Prints a JSON object a line.  Ends after so many seconds without a record; left out, never.  Needs kafkajs.
import { Kafka, logLevel } from "kafkajs";

const [bootstrap, topic, idle] = process.argv.slice(2);
const kafka = new Kafka({ clientId: "follow", brokers: bootstrap.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `follow-${process.pid}` });
const last = new Map(); // by subject: epoch and sequence; keep it with what you make of the events

let ending;
function rest() {
  clearTimeout(ending);
  if (idle) ending = setTimeout(() => consumer.disconnect().then(() => process.exit(0)), idle * 1000);
}

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    rest();
    const head = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value.toString()]));
    const [epoch, sequence] = [Number(head.ce_epoch), Number(head.ce_sequence)];
    const [lastEpoch, lastSequence] = last.get(head.ce_subject) ?? [-1, 0];
    if (epoch < lastEpoch || (epoch === lastEpoch && sequence <= lastSequence)) return; // it may come more than once
    last.set(head.ce_subject, [epoch, sequence]);
    const data = message.value === null ? null : JSON.parse(message.value.toString()); // null: erased
    console.log(JSON.stringify({ type: head.ce_type, subject: head.ce_subject, data }));
  },
});
rest();
