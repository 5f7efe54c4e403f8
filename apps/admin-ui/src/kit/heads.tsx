/** The heads of a table, of which the last column has what can be done. */
export const Heads = ({ of }: { readonly of: readonly string[] }) => (
  <thead>
    <tr>
      {of.map((head) => (
        <th key={head}>{head}</th>
      ))}
      <th>
        <span className="unseen">Do</span>
      </th>
    </tr>
  </thead>
);
