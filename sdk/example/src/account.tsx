import { limits } from '@noctra/sdk';
import { useState } from 'react';
import { messageOf, noctra } from './noctra.ts';
import { Field, Icon } from './parts.tsx';
import { useSend } from './store.ts';

/** Where users sign in and register. */
export function Welcome() {
  const [isNew, setNew] = useState(false);
  return (
    <main className="welcome">
      <section>
        <Icon name="moon" />
        <h1>Noctra</h1>
        <p>Pictures, people, and what they see after dark.</p>
      </section>
      <SignIn key={String(isNew)} isNew={isNew} onSwitch={() => setNew(!isNew)} />
    </main>
  );
}

function SignIn({ isNew, onSwitch }: { isNew: boolean; onSwitch(): void }) {
  const [note, setNote] = useState('');
  const { isSending, error, onSubmit } = useSend(async (form) => {
    const textOf = (name: string) => String(form.get(name) ?? '');
    const [username, password, email] = [textOf('username'), textOf('password'), textOf('email')];
    if (!isNew) return (await noctra.auth.signIn({ username, password })).error;
    const { data, error } = await noctra.auth.register({ username, email, password });
    if (data?.confirmation_required) setNote('Look at your mail: a link there confirms your address.');
    return error;
  });
  const common = { required: true, error };
  return (
    <form onSubmit={onSubmit} aria-label={isNew ? 'Register' : 'Sign in'}>
      <h2>{isNew ? 'Make an account' : 'Welcome back'}</h2>
      <Field
        {...common}
        label={isNew ? 'User name' : 'User name or e-mail address'}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        minLength={limits.username_min}
        maxLength={isNew ? limits.username_max : undefined}
      />
      {isNew && <Field {...common} label="E-mail address" name="email" type="email" autoComplete="email" />}
      <Field
        {...common}
        label="Password"
        name="password"
        type="password"
        minLength={isNew ? limits.password_min : undefined}
        autoComplete={isNew ? 'new-password' : 'current-password'}
      />
      <p role="alert">{error && !error.field ? messageOf(error) : note}</p>
      <button type="submit" className="primary" disabled={isSending}>
        {isNew ? 'Register' : 'Sign in'}
      </button>
      <button type="button" className="link" onClick={onSwitch}>
        {isNew ? 'I have an account' : 'Make a new account'}
      </button>
    </form>
  );
}
