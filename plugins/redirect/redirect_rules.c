/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_rules.h"
#include "redirect_option.h"

typedef struct private_redirect_rules_t private_redirect_rules_t;

/**
 * Private data.
 */
struct private_redirect_rules_t {

	/** public interface */
	redirect_rules_t public;

	/** rules, redirect_rule_t*, in order */
	linked_list_t *rules;

	/** groups, redirect_group_t* */
	linked_list_t *groups;
};

METHOD(redirect_rules_t, find, redirect_rule_t*,
	private_redirect_rules_t *this, const redirect_client_t *client)
{
	enumerator_t *enumerator;
	redirect_rule_t *rule, *found = NULL;

	enumerator = this->rules->create_enumerator(this->rules);
	while (!found && enumerator->enumerate(enumerator, &rule))
	{
		if (redirect_rule_matches(rule, client))
		{
			found = rule;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(redirect_rules_t, find_group, redirect_group_t*,
	private_redirect_rules_t *this, const char *name)
{
	enumerator_t *enumerator;
	redirect_group_t *group, *found = NULL;

	enumerator = this->groups->create_enumerator(this->groups);
	while (!found && enumerator->enumerate(enumerator, &group))
	{
		if (streq(group->name, name))
		{
			found = group;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(redirect_rules_t, has, bool,
	private_redirect_rules_t *this, redirect_moment_t moment,
	bool *connections)
{
	enumerator_t *enumerator;
	redirect_rule_t *rule;
	bool found = FALSE;

	if (connections)
	{
		*connections = FALSE;
	}
	enumerator = this->rules->create_enumerator(this->rules);
	while (enumerator->enumerate(enumerator, &rule))
	{
		if (rule->moments & moment)
		{
			found = TRUE;
			if (connections && rule->connections)
			{
				*connections = TRUE;
			}
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Destroy rules and groups.
 */
static void flush(private_redirect_rules_t *this)
{
	this->rules->destroy_function(this->rules, (void*)redirect_rule_destroy);
	this->groups->destroy_function(this->groups,
								   (void*)redirect_group_destroy);
	this->rules = linked_list_create();
	this->groups = linked_list_create();
}

/**
 * Add a rule after those of the same order.
 */
static void add_rule(private_redirect_rules_t *this, redirect_rule_t *rule)
{
	enumerator_t *enumerator;
	redirect_rule_t *other;

	enumerator = this->rules->create_enumerator(this->rules);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (other->order > rule->order)
		{
			break;
		}
	}
	this->rules->insert_before(this->rules, enumerator, rule);
	enumerator->destroy(enumerator);
}

/**
 * Read the groups.
 */
static void load_groups(private_redirect_rules_t *this)
{
	enumerator_t *enumerator;
	redirect_group_t *group;
	char *name, *value;

	enumerator = redirect_option_values("groups");
	while (enumerator->enumerate(enumerator, &name, &value))
	{
		group = redirect_group_parse(name, value);
		if (group)
		{
			this->groups->insert_last(this->groups, group);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Read the rules, after the groups.
 */
static void load_rules(private_redirect_rules_t *this)
{
	enumerator_t *enumerator;
	redirect_rule_t *rule;
	char *name;

	enumerator = redirect_option_sections("rules");
	while (enumerator->enumerate(enumerator, &name))
	{
		rule = redirect_rule_load(name);
		if (rule && rule->kind == REDIRECT_GROUP &&
			!find_group(this, rule->group))
		{
			DBG1(DBG_CFG, "redirect: rule '%s' is ignored, there is no group "
				 "'%s'; define it in 'groups'", name, rule->group);
			redirect_rule_destroy(rule);
			rule = NULL;
		}
		if (rule)
		{
			add_rule(this, rule);
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(redirect_rules_t, reload, void,
	private_redirect_rules_t *this)
{
	flush(this);
	load_groups(this);
	load_rules(this);
	DBG1(DBG_CFG, "redirect: %d rules loaded",
		 this->rules->get_count(this->rules));
}

METHOD(redirect_rules_t, destroy, void,
	private_redirect_rules_t *this)
{
	flush(this);
	this->rules->destroy(this->rules);
	this->groups->destroy(this->groups);
	free(this);
}

/*
 * Described in header.
 */
redirect_rules_t *redirect_rules_create()
{
	private_redirect_rules_t *this;

	INIT(this,
		.public = {
			.find = _find,
			.find_group = _find_group,
			.has = _has,
			.reload = _reload,
			.destroy = _destroy,
		},
		.rules = linked_list_create(),
		.groups = linked_list_create(),
	);
	return &this->public;
}
