/** An amount as invoices show it. */
export function euros(amount: number): string {
  return `${amount.toFixed(2)} EUR`;
}
