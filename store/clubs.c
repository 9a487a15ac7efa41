/* Clubs and who belongs to them. */
#include <string.h>

#include "store/reads.h"

static Arbiter__V1__Club *read_club(struct op *op, const struct sql_result *result)
{
    const size_t row = 0;
    Arbiter__V1__Club *club = NEW(op, Arbiter__V1__Club, arbiter__v1__club__init);
    if (club == NULL)
        return NULL; /* the batch notices the full arena */
    club->club_id = TEXT(0);
    club->name = TEXT(1);
    club->owner = TEXT(2);
    club->created_at_ms = INTEGER(3);
    club->members = INTEGER(4);
    return club;
}

/* ---- PutClub ----------------------------------------------------------------------------- */

struct founding {
    Arbiter__V1__Club *before; /* NULL: there was none */
    Arbiter__V1__Club *after;
};

static void on_before(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct founding *founding = op->data;
    if (op_check(op, result) && result->row_count == 1)
        founding->before = read_club(op, result);
}

static void on_after(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct founding *founding = op->data;
    if (op_check(op, result) && result->row_count == 1)
        founding->after = read_club(op, result);
}

static enum op_next look_for_club(struct op *op)
{
    const Arbiter__V1__PutClubRequest *request = INPUT(PutClub);
    if (request->club_id[0] == '\0' || request->owner[0] == '\0')
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "a club has an id and an owner");
    op_send(op, STATEMENT_CLUB_GET, SQL_PARAMETERS(sql_text(request->club_id)), on_before);
    return OP_AGAIN;
}

static enum op_next refuse_owner(struct op *op, const Arbiter__V1__Club *club)
{
    return op_fail(op, STATUS_FAILED_PRECONDITION, "the club '%s' belongs to '%s'", club->club_id,
                   club->owner);
}

static enum op_next put_club(struct op *op)
{
    const Arbiter__V1__PutClubRequest *request = INPUT(PutClub);
    const struct founding *founding = op->data;
    struct sql_value id = sql_text(request->club_id);
    if (founding->before != NULL && strcmp(founding->before->owner, request->owner) != 0)
        return refuse_owner(op, founding->before);
    op_send(op, STATEMENT_CLUB_PUT,
            SQL_PARAMETERS(id, sql_text(request->name), sql_text(request->owner),
                           sql_integer(store_now_ms(op->store))),
            NULL);
    op_send(op, STATEMENT_CLUB_GET, SQL_PARAMETERS(id), on_after);
    return OP_AGAIN;
}

static enum op_next advance_club(struct op *op)
{
    const struct founding *founding = op->data;
    if (op->phase < 2)
        return op->phase == 0 ? look_for_club(op) : put_club(op);
    if (founding->after != NULL && strcmp(founding->after->owner, INPUT(PutClub)->owner) != 0)
        return refuse_owner(op, founding->after); /* somebody else was faster, in another store */
    Arbiter__V1__PutClubReply *reply =
        OP_OUTPUT(op, Arbiter__V1__PutClubReply, arbiter__v1__put_club_reply__init);
    reply->club = founding->after;
    reply->existed = founding->before != NULL;
    return OP_READY;
}

const struct op_kind op_put_club = {"PutClub", advance_club, NULL, sizeof(struct founding),
                                    "club_id"};

/* ---- ChangeClubMember -------------------------------------------------------------------- */

struct change {
    const Arbiter__V1__Club *club;
};

static void on_club_to_change(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct change *change = op->data;
    if (op_check(op, result) && result->row_count == 1)
        change->club = read_club(op, result);
}

static void on_member_put(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (result->status == STATUS_FAILED_PRECONDITION)
        (void)op_fail(op, STATUS_NOT_FOUND, "there is no player '%s'",
                      INPUT(ChangeClubMember)->player_id);
    else
        (void)op_check(op, result);
}

static enum op_next change_member(struct op *op)
{
    const Arbiter__V1__ChangeClubMemberRequest *request = INPUT(ChangeClubMember);
    const struct change *change = op->data;
    struct sql_value id = sql_text(request->club_id);
    struct sql_value player = sql_text(request->player_id);
    if (op->phase == 0) {
        op_send(op, STATEMENT_CLUB_GET, SQL_PARAMETERS(id), on_club_to_change);
        return OP_AGAIN;
    }
    (void)OP_OUTPUT(op, Arbiter__V1__ChangeClubMemberReply,
                    arbiter__v1__change_club_member_reply__init);
    if (change->club == NULL)
        return op_refuse(op, STATUS_NOT_FOUND, "there is no club '%s'", request->club_id);
    if (!request->drop && change->club->members >= STORE_CLUB_MEMBERS_MAX)
        return op_refuse(op, STATUS_FULL, "a club has at most %d members", STORE_CLUB_MEMBERS_MAX);
    if (request->drop)
        op_send(op, STATEMENT_CLUB_MEMBER_DROP, SQL_PARAMETERS(id, player), NULL);
    else
        op_send(op, STATEMENT_CLUB_MEMBER_PUT,
                SQL_PARAMETERS(id, player, sql_integer(store_now_ms(op->store))), on_member_put);
    return OP_LAST;
}

const struct op_kind op_change_club_member = {"ChangeClubMember", change_member, NULL,
                                              sizeof(struct change), "club_id"};

/* ---- reading ----------------------------------------------------------------------------- */

static void on_club(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (!op_check(op, result) || op->output == NULL)
        return;
    if (result->row_count == 0)
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no club '%s'", INPUT(GetClub)->club_id);
    else
        REPLY(GetClub)->club = read_club(op, result);
}

static enum op_next get_club(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__GetClubReply, arbiter__v1__get_club_reply__init);
    op_send(op, STATEMENT_CLUB_GET, SQL_PARAMETERS(sql_text(INPUT(GetClub)->club_id)), on_club);
    return OP_LAST;
}

static int64_t members_limit(const struct op *op)
{
    int64_t limit = INPUT(ListClubMembers)->limit;
    return limit > 0 && limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX;
}

/* The query brings one row more than was asked for where there are more. */
static void on_members(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (!op_check(op, result) || op->output == NULL)
        return;
    Arbiter__V1__ListClubMembersReply *reply = REPLY(ListClubMembers);
    size_t limit = (size_t)members_limit(op);
    size_t count = result->row_count < limit ? result->row_count : limit;
    reply->more = result->row_count > limit;
    reply->members = arena_array(&op->arena, count, sizeof(void *));
    for (size_t row = 0; reply->members != NULL && row < count; row++) {
        Arbiter__V1__ClubMember *member =
            NEW(op, Arbiter__V1__ClubMember, arbiter__v1__club_member__init);
        if (member == NULL)
            return;
        member->player_id = TEXT(0);
        member->since_ms = INTEGER(1);
        reply->members[reply->n_members++] = member;
    }
}

static enum op_next list_members(struct op *op)
{
    const Arbiter__V1__ListClubMembersRequest *request = INPUT(ListClubMembers);
    (void)OP_OUTPUT(op, Arbiter__V1__ListClubMembersReply,
                    arbiter__v1__list_club_members_reply__init);
    op_send(op, STATEMENT_CLUB_MEMBERS,
            SQL_PARAMETERS(sql_text(request->club_id), sql_text(request->after),
                           sql_integer(members_limit(op) + 1)),
            on_members);
    return OP_LAST;
}

const struct op_kind club_reads[] = {
    {"GetClub", get_club, NULL, 1, NULL},
    {"ListClubMembers", list_members, NULL, 1, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
