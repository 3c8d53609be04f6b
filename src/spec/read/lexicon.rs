//! What sections are called: the words by which authors of several languages announce what stands in a section.
//!
//! The words are data. A title matches when it begins or ends with one of the phrases and has few other words:
//! in English and German the head of a title comes last ("System Components"), in French and Spanish first
//! ("exigences fonctionnelles"), and Chinese is written without spaces.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a section's title announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Requirements of both kinds, or functional ones.
    Requirements,
    /// What a product offers; requirements where a document states no others.
    Features,
    /// Requirements on quality, and constraints.
    NonFunctional,
    /// User stories and use cases.
    Stories,
    /// Acceptance criteria.
    Criteria,
    /// The parts that the system is made of.
    Components,
    /// How the system is built, in general: parts may be drawn or named there.
    Architecture,
    /// Data models, entities, schemas.
    Models,
    /// Endpoints of an interface over HTTP.
    Endpoints,
    /// Who depends on whom.
    Dependencies,
    /// Words with their meaning.
    Glossary,
    /// People and roles.
    Stakeholders,
    /// What the system is for, without binding words.
    Background,
    /// What is left out on purpose.
    OutOfScope,
    /// How to read the document: conventions, key words, document history, references, contents.
    Meta,
    /// How to install, test, deploy, run or plan it.
    Operations,
}

use Topic as T;

/// The phrases, in lower case, without punctuation. The longest phrase that fits decides.
const PHRASES: &[(Topic, &str)] = &[
    (
        T::Requirements,
        "requirements, requirement, functional requirements, functional, functional specification, \
         functional requirement, features and requirements, system requirements specification, \
         feature requirements, rules, business rules, business requirements, user requirements, \
         product requirements, must have, should have, could have, must haves, nice to have, \
         shall statements, specific requirements, 需求, 功能需求, 功能要求, 业务需求, 需求列表, 需求清单, 要求, 业务规则, anforderungen, \
         funktionale anforderungen, funktionale, fachliche anforderungen, geschäftsregeln, aufgabenstellung, \
         muss kriterien, musskriterien, wunschkriterien, sollkriterien, kannkriterien, exigences, \
         exigences fonctionnelles, besoins fonctionnels, besoins, règles métier, règles de gestion, \
         requisitos, requisitos funcionales, requerimientos, requerimientos funcionales, reglas de negocio, \
         requisitos funcionais, требования, функциональные требования, 要件, 機能要件, requisitos do sistema, requisiti, requisiti funzionali, muss kriterium, muss ziele, \
         regras de negócio, бизнес требования, требования к системе, бизнес правила, 要求事項, 業務要件",
    ),
    (
        T::Features,
        "features, mvp scope, mvp features, in scope, system features, key features, core features, product features, capabilities, \
         functionality, main features, feature list, product functions, 功能列表, 功能清单, 主要功能, 核心功能, 功能特性, 功能, \
         produktfunktionen, leistungsumfang, funktionen, fonctionnalités, funcionalidades, características, funzionalità, funcionalidades principais, функции, функции системы, возможности, \
         функциональность, produktfunktion, funktionalität, 機能, 機能一覧",
    ),
    (
        T::NonFunctional,
        "non functional requirements, scénarios de qualité, nonfunctional requirements, non functional, nonfunctional, \
         quality requirements, quality attributes, quality goals, quality scenarios, quality attribute, \
         constraints, constraint, design constraints, technical constraints, architecture constraints, \
         architectural constraints, system constraints, performance requirements, security requirements, \
         reliability requirements, service levels, service level objectives, slos, slas, sla, nfr, nfrs, \
         performance targets, performance goals, safety requirements, operational requirements, \
         availability requirements, scalability requirements, usability requirements, quality of service, \
         other requirements, nonfunctional specification, non functional specification, 非功能需求, 非功能性需求, \
         非功能要求, 性能需求, 性能要求, 安全需求, 安全要求, 质量属性, 约束, 约束条件, 限制条件, 性能指标, nichtfunktionale anforderungen, \
         nicht funktionale anforderungen, nichtfunktionale, qualitätsziele, qualitätsanforderungen, \
         randbedingungen, qualitätsmerkmale, rahmenbedingungen, exigences non fonctionnelles, \
         besoins non fonctionnels, contraintes, exigences de qualité, exigences techniques, \
         requisitos no funcionales, requerimientos no funcionales, restricciones, requisitos não funcionais, \
         atributos de calidad, нефункциональные требования, 非機能要件, requisiti non funzionali, vincoli, restrições, \
         atributos de qualidade, ограничения, требования к производительности, требования к безопасности, 制約, \
         制約条件, 性能要件, produktleistungen, qualitätsbestimmungen, leistungsanforderungen, release conditions, \
         acceptance conditions, conditions, 验收条件",
    ),
    (
        T::Stories,
        "user stories, user story, stories, epics, use cases, use case, 用户故事, 用例, anwendungsfälle, \
         benutzergeschichten, cas d utilisation, récits utilisateur, casos de uso, historias de usuario, \
         ユースケース, пользовательские истории, варианты использования, сценарии использования, \
         histórias de usuário, casi d uso, storie utente",
    ),
    (
        T::Criteria,
        "acceptance criteria, acceptance criterion, release criteria, success criteria, definition of done, \
         exit criteria, acceptance tests, completion criteria, 验收标准, 成功标准, abnahmekriterien, \
         akzeptanzkriterien, critères d acceptation, criterios de aceptación, критерии приёмки, 受け入れ基準, критерии приемки, критерии приёма, critérios de aceitação, criteri di accettazione",
    ),
    (
        T::Components,
        "components, component, vue des blocs de construction, vista de bloques, system components, core components, main components, key components, \
         component overview, components overview, component responsibilities, component diagram, \
         component list, component design, component details, component specifications, component breakdown, \
         component architecture, modules, module overview, core modules, system modules, services, \
         microservices, core services, subsystems, building blocks, building block view, slices, \
         vertical slices, slice specifications, bounded contexts, containers, container diagram, packages, \
         agents, module design, service catalog, service catalogue, system elements, service overview, \
         crates, 组件, 模块, 核心组件, 核心模块, 系统模块, 模块设计, 模块划分, 组件设计, 子系统, 服务列表, 微服务, 功能模块, 服务划分, \
         komponenten, systemkomponenten, module, bausteine, bausteinsicht, dienste, teilsysteme, \
         komponentenübersicht, komponentendiagramm, composants, modules principaux, composants principaux, \
         sous systèmes, componentes, módulos, componentes principales, servicios, subsistemas, компоненты, \
         модули, コンポーネント, モジュール, component tree, component hierarchy, \
         module tree, module responsibilities, component table, сервисы, микросервисы, контейнеры, подсистемы, \
         состав системы, компоненты системы, componentes do sistema, serviços, moduli, componenti, servizi, \
         構成要素, サービス一覧, サービス, 模块列表, module list, service responsibilities, service list, system modules overview",
    ),
    (
        T::Architecture,
        "architecture, system architecture, architecture overview, high level architecture, \
         high level overview, high level design, technical architecture, software architecture, \
         solution architecture, system design, system overview, architectural overview, design overview, \
         detailed design, context diagram, system context, runtime view, data flow, system diagram, \
         architecture diagram, design, technical design, context view, data flows, context and scope, 架构, \
         系统架构, 总体架构, 架构设计, 技术架构, 整体架构, 系统设计, 总体设计, 概要设计, 详细设计, architektur, systemarchitektur, \
         architekturübersicht, kontextabgrenzung, laufzeitsicht, lösungsstrategie, systemübersicht, \
         architecture générale, architecture technique, architecture du système, conception, arquitectura, \
         arquitectura del sistema, diseño, архитектура, アーキテクチャ, архитектура системы, обзор архитектуры, общая архитектура, \
         arquitetura, arquitetura do sistema, visão geral da arquitetura, architettura, architettura del sistema, \
         システム構成, システムアーキテクチャ, システム設計, 全体構成",
    ),
    (
        T::Models,
        "data models, data model, models, domain model, domain models, entities, entity, schema, schemas, \
         data schema, database schema, data structures, data structure, database design, database, tables, \
         data types, data dictionary, json schemas, object model, data entities, core entities, \
         domain entities, database tables, information model, resources, data contracts, \
         entity relationship diagram, er diagram, types, data definitions, data storage, 数据模型, 数据结构, 数据库设计, \
         数据库表, 实体, 表结构, 数据字典, 领域模型, 数据表, datenmodell, datenmodelle, datenstrukturen, entitäten, \
         datenbankschema, domänenmodell, modèle de données, modèles de données, entités, \
         structures de données, schéma de données, modelo de datos, modelos de datos, entidades, \
         estructuras de datos, модели данных, модель данных, データモデル, схема базы данных, база данных, таблицы, сущности, структура данных, modelos de dados, \
         modelo de dados, banco de dados, modello dati, modelli dati, データベース設計, テーブル定義, produktdaten",
    ),
    (
        T::Endpoints,
        "api endpoints, endpoints, endpoint, api, rest api, http api, api specification, api reference, \
         api design, apis, rest endpoints, api routes, routes, api overview, api interface, api contracts, \
         api contract, web api, api documentation, http endpoints, rest interface, rest apis, public api, \
         api definition, api definitions, http interface, api surface, 接口, 接口设计, 接口列表, 接口文档, 接口定义, 接口说明, \
         schnittstellen, endpunkte, rest schnittstelle, api endpunkte, schnittstellenbeschreibung, \
         points d accès, api rest, points de terminaison, interfaz rest, puntos de acceso, rutas, эндпоинты, \
         エンドポイント, rest эндпоинты, api эндпоинты, endpoints da api, rotas, api一覧, endpoint api",
    ),
    (
        T::Dependencies,
        "dependencies, component dependencies, dependency graph, service dependencies, module dependencies, \
         slice dependencies, internal dependencies, dependency matrix, integration points, 依赖, 依赖关系, 模块依赖, \
         abhängigkeiten, dépendances, dependencias, зависимости, 依存関係, dependências, dipendenze",
    ),
    (
        T::Glossary,
        "glossary, definitions, terms, terminology, terms and definitions, acronyms, abbreviations, \
         definitions and acronyms, 术语, 术语表, 名词解释, glossar, begriffe, glossaire, définitions, glosario, \
         definiciones, глоссарий, 用語集, термины и определения, термины, определения, glossário, definições, glossario, definizioni, 用語",
    ),
    (
        T::Stakeholders,
        "stakeholders, actors, personas, user roles, roles, users, target users, target audience, \
         user classes, user personas, user characteristics, stakeholders and actors, user profiles, \
         audience, 用户角色, 角色, 目标用户, 干系人, akteure, zielgruppe, zielgruppen, benutzergruppen, acteurs, \
         parties prenantes, utilisateurs, actores, usuarios, interesados, роли, роли пользователей, пользователи, usuários, papéis, utenti, ruoli, attori, 利用者",
    ),
    (
        T::Background,
        "overview, introduction, purpose, background, executive summary, summary, motivation, abstract, \
         vision, product vision, goals, objectives, problem statement, scope, product scope, context, \
         problem, rationale, key objectives, about, introduction and goals, product overview, key concepts, \
         concepts, use cases and motivation, product perspective, tl dr, 概述, 简介, 背景, 引言, 目的, 项目背景, 目标, 前言, \
         产品概述, einleitung, einführung, überblick, zweck, ziele, zielsetzung, hintergrund, \
         einführung und ziele, présentation, contexte, objectifs, objet, introducción, resumen, objetivos, \
         propósito, contexto, введение, 概要, はじめに, обзор, цели, цель, назначение, общие сведения, introdução, visão geral, objetivo, \
         introduzione, panoramica, scopo, obiettivi, zielbestimmung, produkteinsatz",
    ),
    (
        T::OutOfScope,
        "rationale, trade offs, tradeoffs, pros and cons, advantages, disadvantages, lessons learned, \
         consequences, avantages, inconvénients, vorteile, nachteile, alternatives écartées, motivation and rationale, \
         out of scope, non goals, nongoals, exclusions, not in scope, future work, future enhancements, \
         future considerations, won t have, limitations, known limitations, known issues, open questions, \
         alternatives considered, alternatives, rejected alternatives, future improvements, open issues, \
         范围之外, 非目标, 不包括, nicht ziele, abgrenzung, abgrenzungskriterien, hors périmètre, fuera de alcance, \
         offene punkte, ausblick, fora do escopo, fuori ambito, вне области, 対象外",
    ),
    (
        T::Meta,
        "table of contents, contents, toc, references, related documents, bibliography, changelog, \
         revision history, document history, change history, change log, version history, conventions, \
         document conventions, notation, notational conventions, appendix, index, authors, license, \
         contributors, acknowledgements, see also, further reading, document control, status of this memo, \
         requirements language, requirements notation, document information, how to read this document, \
         normative references, informative references, key words, contributing, historical, faq, 目录, 参考, оглавление, список литературы, история изменений, приложение, легенда, легенда нотации, \
         условные обозначения, legend, diagram legend, notation legend, sumário, histórico de revisões, indice, riferimenti, 変更履歴文献, \
         参考资料, 修订记录, 修订历史, 变更记录, 版本历史, 附录, 文档说明, inhaltsverzeichnis, inhalt, literatur, quellen, \
         änderungshistorie, anhang, dokumenthistorie, table des matières, sommaire, références, annexes, \
         historique, índice, referencias, historial de cambios, anexos, содержание, 目次, 参考",
    ),
    (
        T::Operations,
        "deployment, vue de déploiement, vista de despliegue, installation, setup, usage, getting started, quick start, quickstart, testing, \
         test plan, test strategy, testing strategy, monitoring, roadmap, milestones, timeline, \
         project plan, implementation plan, development plan, project structure, directory structure, \
         file structure, troubleshooting, configuration, technology stack, tech stack, technologies, \
         deployment strategy, deployment options, best practices, workflow, risks, risk assessment, \
         environment variables, development, build, schedule, phases, implementation phases, budget, \
         folder structure, code structure, examples, example, prerequisites, installation and setup, \
         risks and mitigations, risk register, deployment view, usage guide, technical stack, tools, \
         observability, success metrics, metrics, next steps, rollout plan, migration plan, rollout, 部署, 安装, \
         使用说明, 测试, 技术栈, 技术选型, 配置, 里程碑, 路线图, 目录结构, 风险, 快速开始, verteilungssicht, verteilung, zeitplan, risiken, \
         technologien, bereitstellung, testkonzept, déploiement, planning, risques, technologies utilisées, \
         calendrier, despliegue, instalación, pruebas, riesgos, cronograma, tecnologías, развёртывание, \
         установка, развертывание, технологический стек, технологии, тестирование, структура проекта, запуск, \
         implantação, instalação, testes, tecnologias, stack tecnologica, installazione, distribuzione, \
         repository layout, repository structure, code layout, directory layout, project layout, デプロイ, インストール, テスト, \
         技術スタック, ディレクトリ構成, produktumgebung, entwicklungsumgebung",
    ),
];

/// Words for one thing of a kind. With other words before them they name that thing ("Payment Module") and announce
/// no list.
const ONE: &[&str] = &[
    "component",
    "module",
    "requirement",
    "constraint",
    "entity",
    "endpoint",
    "komponente",
    "slice",
    "模块",
    "组件",
    "子系统",
    "微服务",
    "功能模块",
    "实体",
    "コンポーネント",
    "モジュール",
    "database",
    "rule",
];

/// A title may have this many words more than the phrase that it matches.
const EXTRA_WORDS: usize = 3;

static BY_PHRASE: LazyLock<HashMap<&'static str, Topic>> = LazyLock::new(|| pairs().collect());

/// Phrases written without spaces between words, longest first.
static UNSPACED: LazyLock<Vec<(&'static str, Topic)>> = LazyLock::new(|| {
    let mut found: Vec<_> = pairs().filter(|(phrase, _)| phrase.chars().all(is_unspaced)).collect();
    found.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
    found
});

fn pairs() -> impl Iterator<Item = (&'static str, Topic)> {
    PHRASES.iter().flat_map(|(topic, phrases)| phrases.split(", ").map(|phrase| (phrase, *topic)))
}

/// How a title announces its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// What it announces.
    pub topic: Topic,
    /// Whether the title says nothing else ("Components", and not "Component Diagram of the Sensor").
    pub exact: bool,
}

/// What a title announces; it should be free of numbering and markup.
#[must_use]
pub fn announced(title: &str) -> Option<Announced> {
    let key = key(title);
    if key.is_empty() || key.len() > 120 {
        return None;
    }
    if let Some(topic) = BY_PHRASE.get(key.as_str()) {
        return Some(Announced { topic: *topic, exact: true });
    }
    if key.chars().any(is_unspaced) {
        return unspaced(&key);
    }
    let words: Vec<&str> = key.split(' ').collect();
    let mut best: Option<(usize, Topic)> = None;
    for length in (1..words.len()).rev() {
        if words.len() - length > EXTRA_WORDS {
            break;
        }
        let (first, last) = (words[..length].join(" "), words[words.len() - length..].join(" "));
        let ends = BY_PHRASE.get(last.as_str()).filter(|_| !ONE.contains(&last.as_str()));
        let found = ends.or_else(|| BY_PHRASE.get(first.as_str()).filter(|_| !ONE.contains(&first.as_str())));
        if let Some(topic) = found {
            best = Some((length, *topic));
            break;
        }
    }
    best.map(|(_, topic)| Announced { topic, exact: false })
}

/// A title that asks why something is as it is: what stands there argues and binds nobody.
#[must_use]
pub fn asks_why(title: &str) -> Option<Announced> {
    let key = key(title);
    let asks = ["why ", "warum ", "pourquoi ", "por qué "].iter().any(|word| key.starts_with(word))
        || key.starts_with("为什么");
    asks.then_some(Announced { topic: Topic::OutOfScope, exact: false })
}

fn unspaced(key: &str) -> Option<Announced> {
    let fits = |phrase: &str| (key.ends_with(phrase) && !ONE.contains(&phrase)) || key.starts_with(phrase);
    let found = UNSPACED.iter().find(|(phrase, _)| fits(phrase))?;
    let extra = key.chars().count() - found.0.chars().count();
    (extra <= 8).then_some(Announced { topic: found.1, exact: false })
}

/// The form in which titles are compared: lower case, words of letters and digits with one space between.
#[must_use]
pub fn key(title: &str) -> String {
    let mut key = String::with_capacity(title.len());
    for letter in title.chars() {
        if letter.is_alphanumeric() {
            key.extend(letter.to_lowercase());
        } else if !key.is_empty() && !key.ends_with(' ') {
            key.push(' ');
        }
    }
    key.truncate(key.trim_end().len());
    key
}

fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, topic: Option<Topic>) {
        assert_eq!(announced(title).map(|found| found.topic), topic, "{title}");
    }

    #[test]
    fn titles_announce_their_topic_in_several_languages() {
        check("Functional Requirements", Some(T::Requirements));
        check("Non-Functional Requirements", Some(T::NonFunctional));
        check("Core Components", Some(T::Components));
        check("Component Responsibilities", Some(T::Components));
        check("API Endpoints (v1)", Some(T::Endpoints));
        check("Qualitätsanforderungen", Some(T::NonFunctional));
        check("Exigences fonctionnelles du système", Some(T::Requirements));
        check("系统非功能需求", Some(T::NonFunctional));
        check("Requisitos no funcionales", Some(T::NonFunctional));
        check("How the cat sat on a very long mat of requirements", None);
        check("Sensor", None);
        check("Payment Module", None);
        check("用户模块", None);
        check("模块划分", Some(T::Components));
        check("", None);
    }
}
