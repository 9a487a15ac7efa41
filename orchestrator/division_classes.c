/* Prize classes, by the policy and the entrants' ratings. */
#include "orchestrator/division_classes.h"

#include <string.h>

int division_class_of(const struct format_division *format, const Arbiter__V1__Entrant *entrant)
{
    const struct format_prizes *prizes = &format->prizes;
    int number = 0;
    for (size_t i = 0; i < prizes->class_count && i < PAIRING_CLASSES_MAX; i++) {
        if (strcmp(prizes->classes[i].name, entrant->class_) == 0)
            return (int)i + 1;
        if (entrant->rating < prizes->classes[i].rating_max + 1) /* as lists show it: cut */
            number = (int)i + 1;
    }
    return number;
}

const char *division_class_name(const struct format_division *format, int number)
{
    return number > 0 ? format->prizes.classes[number - 1].name : "";
}

void division_class_prizes(const struct format_division *format, struct pairing_policy *policy)
{
    const struct format_prizes *prizes = &format->prizes;
    if (policy->class_prizes_count > 0)
        return;
    for (size_t i = 0; i < prizes->class_count && i < PAIRING_CLASSES_MAX; i++)
        policy->class_prizes[policy->class_prizes_count++] = prizes->classes[i].prizes;
}
