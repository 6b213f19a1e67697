import type { Person } from '@noctra/sdk';
import { noctra } from './noctra.ts';
import { Screen } from './parts.tsx';

export function SearchScreen({ query }: { query: string }) {
  return <Screen title="Search">{query}</Screen>;
}

export function Trends() {
  return null;
}
