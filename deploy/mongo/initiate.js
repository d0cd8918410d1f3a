// Makes the replica set of one node, and its administrator, once; waits until it takes writes.
// It runs on the machine of the server: from there, and while there is no user, nobody is asked for one.
const fs = require("fs");
const SERVER = "mongodb://127.0.0.1:27017/?directConnection=true&tls=true&tlsCAFile=/run/cairn/keys/ca.pem";
const NOT_YET_INITIALISED = 94, UNAUTHORISED = 13;
const deadline = Date.now() + 60_000;

let admin = null;
while (admin === null) {
  try {
    admin = connect(SERVER).getSiblingDB("admin");
  } catch (error) {
    if (Date.now() > deadline) throw error;
    sleep(200);
  }
}
try {
  admin.runCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.code === NOT_YET_INITIALISED) {
    admin.runCommand({ replSetInitiate: { _id: "cairn", members: [{ _id: 0, host: "mongo:27017" }] } });
  } else if (error.code !== UNAUTHORISED) {
    throw error;
  }
}
while (!admin.hello().isWritablePrimary) {
  if (Date.now() > deadline) throw new Error("no primary within 60 s");
  sleep(100);
}
const pwd = fs.readFileSync("/run/cairn/keys/admin-password", "utf8").trim();
try {
  admin.createUser({ user: "cairn-admin", pwd, roles: ["root"] });
} catch (error) {
  if (error.code !== UNAUTHORISED) throw error;
}
print("the replica set takes writes, and has an administrator");
