// Matches users as task/pages/user_list.py does, except that SQLite compares letters beyond ASCII by case. Pure.

export function matcher(query) {
  const wanted = query.toLowerCase();
  const has = (text) => text.toLowerCase().includes(wanted);
  return ({ username, email }) => wanted === "" || has(username) || has(email);
}
