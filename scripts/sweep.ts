// `npm run sweep`: removes files that nothing shows. Safe to run at any time, twice, and at once with itself. A hosted
// project runs it on a schedule: docs/operators.md.
import { CommandError, runMain } from './command.ts';
import { runningTarget } from './noctra.ts';

runMain(async () => {
  const { url, secretKey } = await runningTarget();
  const response = await fetch(`${url}/functions/v1/api/sweep/`, {
    method: 'POST',
    headers: { apikey: secretKey },
  });
  const answer = await response.text();
  if (!response.ok)
    throw new CommandError(
      `The sweep was refused (${response.status}): ${answer}`,
      'See whether the secret key is right.',
    );
  const { removed } = JSON.parse(answer) as Record<string, number>;
  console.log(`Removed ${removed} files.`);
});
