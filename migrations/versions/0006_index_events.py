"""Find open events by place, and events by the time they came in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "event_open_gist",
        "event",
        ["geom"],
        postgresql_using="gist",
        postgresql_where=sa.text(
            "state <> ALL ('{cancelled,closed,merged,rejected,revisited}'::text[])"
        ),
    )
    op.create_index("event_received_at_idx", "event", ["received_at"])


def downgrade() -> None:
    op.drop_index("event_received_at_idx", "event")
    op.drop_index("event_open_gist", "event")
