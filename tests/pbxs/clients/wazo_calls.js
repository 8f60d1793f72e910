// Calls of @wazo/sdk, whose folder is the working directory: what it gives back, as JSON behind an @.
const { createRequire } = require('module');
const { WazoApiClient } = createRequire(`${process.cwd()}/`)('@wazo/sdk');

const [server, username, password] = process.argv.slice(2);

const main = async () => {
  const told = {};
  const client = new WazoApiClient({ server });
  const session = await client.auth.logIn({ username, password, expiration: 3600 });
  told.token = !!session.token;
  client.setToken(session.token);
  const listed = await client.confd.listUsers();
  told.total = listed.total;
  told.emails = listed.items.map((user) => user.email);
  told.lines = listed.items.map((user) => user.lines.map((line) => line.extensions.map((each) => each.exten)));
  const { uuid } = listed.items[0];
  const profile = await client.confd.getUser(uuid);
  told.first = profile.firstName;
  told.updated = await client.confd.updateUser(uuid, { ...profile, firstName: 'Renamed', lastName: 'Twice' });
  told.after = (await client.confd.getUser(uuid)).firstName;
  try {
    await client.confd.getUser('nobody');
  } catch (error) {
    told.gone = error.status;
  }
  console.log(`@${JSON.stringify(told)}`);
};

main()
  .catch((error) => {
    console.log(`@${JSON.stringify({ error: `${error}`, status: error.status })}`);
  })
  .then(() => process.exit(0)); // timers of the client would keep it alive
