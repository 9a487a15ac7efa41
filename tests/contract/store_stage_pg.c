/* The stage on PostgreSQL: one cluster a run, one database a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/sql_pg.h"
#include "tests/contract/store_stage.h"
#include "tests/support/postgres.h"

struct postgres *stage_cluster; /* made and ended by the suite */

struct database {
    char name[32];
    char conninfo[256];
};

const char *stage_pg_conninfo(const struct stage *stage)
{
    return ((const struct database *)stage->database)->conninfo;
}

static struct loop *open_pg(struct stage *stage)
{
    static int count;
    struct database *database = calloc(1, sizeof *database);
    struct fault fault = {0};
    int applied = 0;
    assert_non_null(database);
    (void)snprintf(database->name, sizeof database->name, "test%d", count++); /* fits */
    assert_true(postgres_make_database(stage_cluster, database->name));
    (void)postgres_conninfo(stage_cluster, database->name, database->conninfo,
                            sizeof database->conninfo);
    if (sql_pg_migrate(database->conninfo, &applied, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    assert_true(applied > 0);
    stage->database = database;
    return loop_create();
}

static void close_pg(struct stage *stage)
{
    free(stage->database);
}

static struct sql_session *pg_session(struct stage *stage, bool is_writer)
{
    const struct database *database = stage->database;
    return sql_pg_open(stage->loop, database->conninfo, is_writer ? SQL_PG_WRITER : SQL_PG_READER);
}

static int64_t query_pg(struct stage *stage, const char *sql)
{
    const struct database *database = stage->database;
    return postgres_query(stage_cluster, database->name, sql);
}

const struct stage_backend stage_pg = {"pg", open_pg, close_pg, pg_session, query_pg};
