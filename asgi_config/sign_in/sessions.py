"""Sessions in the database, under a digest of the key: no backup and no reader of the table can take over a session.

The key itself is only in the browser's cookie.
"""

import hashlib

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

LENGTH = 40  # of the column; 160 bits


class SessionStore(db.SessionStore):
    def exists(self, session_key: str) -> bool:
        return super().exists(digest(session_key))

    def create_model_instance(self, data: dict[str, object]) -> Session:
        row: Session = super().create_model_instance(data)
        row.session_key = digest(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(digest(key))

    def _get_session_from_db(self) -> Session | None:
        found = self.model.objects.filter(session_key=digest(self.session_key), expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    aexists = sync_to_async(exists)
    acreate_model_instance = sync_to_async(create_model_instance)
    adelete = sync_to_async(delete)
    _aget_session_from_db = sync_to_async(_get_session_from_db)


def digest(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:LENGTH]
