/* Text as an order of tie-breaks; what is accepted is written and read again as the same. */
#include "orchestrator/standing/standing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];
    char rewritten[STANDING_TERMS_MAX * (STANDING_TERM_TEXT_MAX + 1) + 1] = "";
    struct standing_options options = {0};
    struct standing_options again = {0};
    struct fault fault = {0};
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (standing_order_parse(text, &options, &fault) != STATUS_OK)
        return 0;
    for (int i = 0; i < options.order_count; i++) {
        char one[STANDING_TERM_TEXT_MAX];
        strcat(rewritten, standing_term_text(&options.order[i], one));
        strcat(rewritten, ",");
    }
    if (standing_order_parse(rewritten, &again, &fault) != STATUS_OK ||
        again.order_count != options.order_count ||
        memcmp(again.order, options.order, sizeof again.order) != 0)
        abort();
    return 0;
}
