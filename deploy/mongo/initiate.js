// Makes the replica set of one node, once, and waits until it takes writes.
const NOT_YET_INITIALISED = 94;

try {
  rs.status();
} catch (error) {
  if (error.code !== NOT_YET_INITIALISED) throw error;
  rs.initiate({ _id: "cairn", members: [{ _id: 0, host: "mongo:27017" }] });
}
const deadline = Date.now() + 60_000;
while (!db.hello().isWritablePrimary) {
  if (Date.now() > deadline) throw new Error("no primary within 60 s");
  sleep(100);
}
print("the replica set takes writes");
