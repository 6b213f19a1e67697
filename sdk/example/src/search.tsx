import { Screen } from './parts.tsx';

export const SearchScreen = ({ query }: { query: string }) => <Screen title="Search">{query}</Screen>;

export const Trends = () => null;
