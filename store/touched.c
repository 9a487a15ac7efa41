/* Which statements change what is known of a player, and the bell that says so. */
#include "store/touched.h"

#include "base/buffer.h"

#define BELL_BYTES_MAX (64u << 10)

/* How many parameters of a statement, from the first on, name players of whom it changes what
 * others may remember. */
static const unsigned char players_of[STATEMENT_COUNT] = {
    [STATEMENT_PLAYER_PUT] = 1, [STATEMENT_PLAYER_UPDATE] = 1, [STATEMENT_CONDUCT_SET] = 1,
    [STATEMENT_RATING_SET] = 1, [STATEMENT_CIRCLE_PUT] = 2,    [STATEMENT_CIRCLE_DROP] = 2,
};

void touched_note(struct op *op, enum statement statement, const struct sql_value *parameters)
{
    for (unsigned char i = 0; i < players_of[statement]; i++) {
        struct op_touch *touch = arena_alloc(&op->arena, sizeof *touch);
        char *name = arena_copy(&op->arena, parameters[i].as.bytes, parameters[i].size);
        if (touch == NULL || name == NULL)
            return; /* the batch notices the full arena */
        *touch = (struct op_touch){.next = op->touches, .player = name};
        op->touches = touch;
    }
}

static void ring(struct store *store, struct buffer *names)
{
    if (names->size > 0 && !names->failed)
        bus_publish(store->bus, STORE_BELL_PLAYERS, names->data, names->size);
    buffer_reset(names);
}

void touched_tell(struct store *store, struct op *const ops[], size_t count)
{
    struct buffer names = {0};
    for (size_t i = 0; i < count; i++)
        for (const struct op_touch *touch = ops[i]->touches; touch != NULL; touch = touch->next) {
            buffer_append_text(&names, touch->player);
            buffer_append_char(&names, '\n');
            if (names.size > BELL_BYTES_MAX)
                ring(store, &names);
        }
    ring(store, &names);
    buffer_deinit(&names);
}
