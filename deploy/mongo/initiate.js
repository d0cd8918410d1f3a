// Makes the replica set and its administrator, once; waits until it takes writes.  CAIRN_MONGO_MEMBERS names its
// members, of which the first is to lead; `mongo` alone if it is left out.
// It runs on the machine of the first server: from there, and while there is no user, nobody is asked for one.
const fs = require("fs");
const SERVER = "mongodb://127.0.0.1:27017/?directConnection=true&tls=true&tlsCAFile=/run/cairn/keys/ca.pem";
const NODE_NOT_FOUND = 74, NOT_YET_INITIALISED = 94, UNAUTHORISED = 13;
const USER = "cairn-admin", pwd = fs.readFileSync("/run/cairn/keys/admin-password", "utf8").trim();
const BEFORE = "/run/cairn/keys/admin-password-before"; // to change the password: what it was
const members = (process.env.CAIRN_MONGO_MEMBERS || "mongo")
  .split(",")
  .map((name, _id) => ({ _id, host: `${name}:27017`, priority: _id === 0 ? 2 : 1 }));
const deadline = Date.now() + 120_000;

function waitOrThrow(error) {
  if (Date.now() > deadline) throw error;
  sleep(200);
}

function isInitiated() {
  try {
    admin.runCommand({ replSetGetStatus: 1 });
  } catch (error) {
    if (error.code === NOT_YET_INITIALISED) return false;
    if (error.code !== UNAUTHORISED) throw error;
  }
  return true;
}

function comesIn(password) {
  try {
    return admin.auth({ user: USER, pwd: password }).ok === 1;
  } catch (error) {
    return false;
  }
}

let admin = null;
while (admin === null) {
  try {
    admin = connect(SERVER).getSiblingDB("admin");
  } catch (error) {
    waitOrThrow(error);
  }
}
while (!isInitiated()) {
  try {
    admin.runCommand({ replSetInitiate: { _id: "cairn", members } });
  } catch (error) {
    if (error.code !== NODE_NOT_FOUND) throw error;
    waitOrThrow(error); // another member is not up yet
  }
}
while (true) {
  const said = admin.hello();
  if (said.isWritablePrimary) break;
  if (said.primary && comesIn(pwd)) break; // another member leads, and has had its administrator before
  waitOrThrow(new Error(`no primary within two minutes, or another member leads and ${USER} has another password`));
}
if (admin.hello().isWritablePrimary && !comesIn(pwd)) {
  try {
    admin.createUser({ user: USER, pwd, roles: ["root"] });
  } catch (error) {
    if (error.code !== UNAUTHORISED) throw error;
    if (!fs.existsSync(BEFORE) || !comesIn(fs.readFileSync(BEFORE, "utf8").trim()))
      throw new Error(`${USER} has another password than admin-password: put that one into ${BEFORE}`);
    admin.changeUserPassword(USER, pwd);
    print(`${USER} has a new password`);
  }
}
print("the replica set takes writes, and has an administrator");
