import { limits, type NoctraError } from '@noctra/sdk';
import { type FormEvent, useState } from 'react';
import { messageOf, noctra } from './noctra.ts';
import { Field, Icon } from './parts.tsx';

/** Where users sign in and register. */
export function Welcome() {
  const [isNew, setNew] = useState(false);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<NoctraError | null>(null);
  const [note, setNote] = useState('');
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [username = '', password = '', email = ''] = ['username', 'password', 'email'].map((name) =>
      String(form.get(name) ?? ''),
    );
    setSending(true);
    setError(null);
    const { data, error } = isNew
      ? await noctra.auth.register({ username, email, password })
      : await noctra.auth.signIn({ username, password });
    setSending(false);
    setError(error);
    if (data && 'confirmation_required' in data && data.confirmation_required)
      setNote('Look at your mail: a link there confirms your address.');
  };
  const common = { required: true, error };
  return (
    <main className="welcome">
      <section>
        <Icon name="moon" />
        <h1>Noctra</h1>
        <p>Pictures, people, and what they see after dark.</p>
      </section>
      <form key={String(isNew)} onSubmit={send} aria-label={isNew ? 'Register' : 'Sign in'}>
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
        <button
          type="button"
          className="link"
          onClick={() => {
            setNew(!isNew);
            setError(null);
          }}
        >
          {isNew ? 'I have an account' : 'Make a new account'}
        </button>
      </form>
    </main>
  );
}
