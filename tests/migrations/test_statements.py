"""Objects and lock levels, read with PostgreSQL's own parser."""

import pytest

from migrations.statements import Touch, UnreadableStatementError, read_statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create table a.b (c int references a.d)", {"a.b create None", "a.d read SHARE ROW EXCLUSIVE"}),
        ("alter table a.b add column c int", {"a.b alter ACCESS EXCLUSIVE"}),
        ("alter table a.b validate constraint c", {"a.b alter SHARE UPDATE EXCLUSIVE"}),
        ("alter table a.b validate constraint c, add column d int", {"a.b alter ACCESS EXCLUSIVE"}),
        (
            "alter table a.b add constraint c foreign key (d) references a.e not valid",
            {"a.b alter SHARE ROW EXCLUSIVE", "a.e read SHARE ROW EXCLUSIVE"},
        ),
        ("create index i on a.b (c)", {"a.b alter SHARE"}),
        ("create index concurrently i on a.b (c)", {"a.b alter SHARE UPDATE EXCLUSIVE"}),
        ("drop index concurrently a.i", {"a.i alter SHARE UPDATE EXCLUSIVE"}),
        (
            "create or replace view a.v as with x as (select 1) select * from x, a.b",
            {"a.v replace ACCESS EXCLUSIVE", "a.b read ACCESS SHARE"},
        ),
        ("update a.b set c = (select max(d) from a.e)", {"a.b read ROW EXCLUSIVE", "a.e read ACCESS SHARE"}),
        ("drop table a.b, a.c cascade", {"a.b alter ACCESS EXCLUSIVE", "a.c alter ACCESS EXCLUSIVE"}),
        ("drop trigger t on a.b", {"a.b alter ACCESS EXCLUSIVE"}),
        ('alter table "A"."B c" rename column d to e', {"A.B c alter ACCESS EXCLUSIVE"}),
        ("alter table a.b owner to x", {"a.b alter ACCESS EXCLUSIVE", ".x name None"}),
        ("comment on column a.b.c is 'x'", {"a.b alter SHARE UPDATE EXCLUSIVE"}),
        ("truncate a.b", {"a.b alter ACCESS EXCLUSIVE"}),
        ("lock table a.b in share mode", {"a.b read SHARE"}),
        ("alter type a.mood add value 'x'", {"a.mood alter None"}),
        ("alter function a.f(int) owner to x", {"a.f alter None", ".x name None"}),
        ("grant select on all tables in schema a to x, public", {"a. alter None", ".x name None"}),
        ("cluster a.b", {"a.b alter ACCESS EXCLUSIVE"}),
        ("alter table a.b set schema c", {"a.b alter ACCESS EXCLUSIVE"}),
        ("-- nothing\n", set()),
    ],
)
def test_touches(text: str, expected: set[str]) -> None:
    touches = [touch for statement in read_statements(text) for touch in statement.touches]
    assert {f"{touch.schema}.{touch.name} {touch.action} {touch.lock}" for touch in touches} == expected


def test_statements_keep_their_text_beyond_ascii_and_semicolons() -> None:
    text = "select 'é;';\n create function a.f() returns void language sql as $$ select 1; select 2 $$;"
    first, second = read_statements(text)
    assert first.text == "select 'é;'"
    assert second.text.endswith("select 2 $$")
    assert second.touches == (Touch("function", "a", "f", "create"),)


def test_what_is_no_sql_is_said_to_be_none() -> None:
    with pytest.raises(UnreadableStatementError, match="syntax error"):
        read_statements("alter tabel a.b")
