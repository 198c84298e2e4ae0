// Which users a search lists: the same that task/pages/user_list.py finds, but that SQLite tells capital letters beyond ASCII apart.
// Pure.

export function matcher(query) {
  const wanted = query.toLowerCase();
  const has = (text) => text.toLowerCase().includes(wanted);
  return ({ username, email }) => wanted === "" || has(username) || has(email);
}
